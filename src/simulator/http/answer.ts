import type { IncomingMessage, ServerResponse } from 'node:http';
import { deflateSync, gzipSync } from 'node:zlib';

import type { ApiError } from './api-error.ts';
import { isPaged } from './route.ts';

/** An answer as it goes over the wire. */
export interface Answer {
  readonly status: number;
  readonly reason: string;
  readonly contentType: string | undefined;
  readonly body: string | undefined;
}

const JSON_TYPE = 'application/json;charset=UTF-8';
const COMPRESSION_THRESHOLD_BYTES = 1024;

/** How the data are wrapped: `json`, or `extjs`, which says everything in the body of a 200. */
export type Format = 'json' | 'extjs';

export function success(result: unknown, format: Format): Answer {
  const envelope = {
    ...(isPaged(result)
      ? { data: result.page, ...(result.total > 0 ? { total: result.total } : {}) }
      : { data: result }),
    ...(format === 'extjs' ? { success: 1 } : {}),
  };
  return { status: 200, reason: 'OK', contentType: JSON_TYPE, body: JSON.stringify(envelope) };
}

export function failure(error: ApiError, format: Format): Answer {
  const reason = error.message.split('\n')[0] ?? '';
  const { status } = error;
  if (error.body === 'None') return { status, reason, contentType: undefined, body: undefined };
  if (error.body === 'Text') return { status, reason, contentType: undefined, body: error.message };
  const content = {
    data: null,
    message: error.message,
    ...(error.errors === undefined ? {} : { errors: error.errors }),
  };
  if (format === 'json') return { status, reason, contentType: JSON_TYPE, body: JSON.stringify(content) };
  const body = JSON.stringify({ ...content, success: 0, status: String(status) });
  return { status: 200, reason: 'OK', contentType: JSON_TYPE, body };
}

/** Writes head and body as pveproxy does (docs/proxmox-api.md §1.6 to §1.8). `now`: the simulated time. */
export function send(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
  options: { readonly now: number; readonly close: boolean },
): void {
  const date = new Date(options.now).toUTCString();
  const plain = answer.body === undefined ? undefined : Buffer.from(answer.body);
  const encoding = plain && answer.status === 200 ? encodingOf(request, plain) : undefined;
  const body = plain && encoding ? compress(encoding, plain) : plain;
  // Node would add its own Date, and a length where there is no body.
  response.sendDate = false;
  if (!body) {
    response.removeHeader('Content-Length');
    response.removeHeader('Transfer-Encoding');
  }
  const headers = [
    ['Cache-Control', 'max-age=0'],
    ['Connection', options.close ? 'close' : 'Keep-Alive'],
    ['Date', date],
    ['Pragma', 'no-cache'],
    ['Server', 'pve-api-daemon/3.0'],
    ...(body ? [['Content-Length', String(body.length)]] : []),
    ...(encoding ? [['Content-Encoding', encoding]] : []),
    ...(answer.contentType ? [['Content-Type', answer.contentType]] : []),
    ['Expires', date],
  ];
  response.writeHead(answer.status, answer.reason, headers.flat());
  response.end(body);
}

function encodingOf(request: IncomingMessage, body: Buffer): 'gzip' | 'deflate' | undefined {
  if (body.length <= COMPRESSION_THRESHOLD_BYTES) return undefined;
  const accepted = String(request.headers['accept-encoding'] ?? '');
  if (/\bgzip\b/.test(accepted)) return 'gzip';
  return /\bdeflate\b/.test(accepted) ? 'deflate' : undefined;
}

function compress(encoding: 'gzip' | 'deflate', body: Buffer): Buffer {
  return encoding === 'gzip' ? gzipSync(body) : deflateSync(body);
}
