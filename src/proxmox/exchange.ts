import { Agent } from 'node:https';
import got, { type Got } from 'got';
import { OperatorError } from '../lib/errors.ts';
import { type ConnectionFault, connectionFaultOf } from './connection-fault.ts';
import type { HttpAnswer } from './http-answer.ts';
import type { Query } from './reader.ts';

/** One request to one endpoint: either an answer, whatever it says, or none. */
export type Exchange =
  | { readonly kind: 'Answered'; readonly answer: HttpAnswer }
  | ({ readonly kind: 'Failed' } & ConnectionFault);

export interface ExchangeRequest {
  readonly endpoint: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly query?: Query;
  readonly form?: Query;
}

interface Exchanger {
  /** Never retries. Throws only the signal's reason. */
  send(request: ExchangeRequest, signal: AbortSignal): Promise<Exchange>;
  close(): void;
}

interface ExchangeOptions {
  readonly authorization: string;
  /** PEM; replaces the system's CAs. */
  readonly caCertificates: string | undefined;
  readonly requestTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly idleSocketMs: number;
  readonly maxBodyBytes: number;
  readonly clean: (text: string) => string;
}

/** HTTP/1.1 over verified TLS, without any retry or redirect. */
export function createExchanger(options: ExchangeOptions): Exchanger {
  // `timeout` drops idle sockets only: PVE closes them after 5 s without a word (docs/proxmox-api.md §1.8).
  const reads = new Agent({ keepAlive: true, timeout: options.idleSocketMs });
  // A POST on a connection that PVE is just closing would have an unknown outcome, so each gets its own.
  const writes = new Agent({ keepAlive: false });
  const http = createHttp(options);

  async function send(request: ExchangeRequest, signal: AbortSignal): Promise<Exchange> {
    signal.throwIfAborted();
    const { endpoint, method, path, query, form } = request;
    try {
      const stream = http.stream(`${endpoint}/api2/json${path}`, {
        method,
        agent: { https: method === 'GET' ? reads : writes },
        signal,
        ...(query && Object.keys(query).length > 0 ? { searchParams: query } : {}),
        ...(form ? { form } : {}),
      });
      const chunks: Uint8Array[] = [];
      let size = 0;
      for await (const chunk of stream) {
        size += chunk.length;
        if (size > options.maxBodyBytes) {
          stream.destroy();
          return tooLarge(request, options.maxBodyBytes);
        }
        chunks.push(chunk);
      }
      const { response } = stream;
      if (!response) throw new Error('the stream ended without a response');
      const date = Date.parse(response.headers.date ?? '');
      const answer: HttpAnswer = {
        endpoint,
        method,
        path,
        status: response.statusCode,
        reason: options.clean(response.statusMessage ?? ''),
        server: first(response.headers.server),
        contentType: first(response.headers['content-type']),
        date: Number.isFinite(date) ? date : undefined,
        body: Buffer.concat(chunks).toString('utf8'),
      };
      return { kind: 'Answered', answer };
    } catch (error) {
      signal.throwIfAborted();
      return { kind: 'Failed', ...connectionFaultOf(error, endpoint) };
    }
  }

  return {
    send,
    close() {
      reads.destroy();
      writes.destroy();
    },
  };
}

function first(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}

function createHttp(options: ExchangeOptions): Got {
  const { requestTimeoutMs, connectTimeoutMs, caCertificates } = options;
  return got.extend({
    headers: {
      authorization: options.authorization,
      accept: 'application/json',
      'user-agent': 'pve-cslb-operator',
    },
    https: {
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
      ...(caCertificates === undefined ? {} : { certificateAuthority: caCertificates }),
    },
    timeout: {
      lookup: connectTimeoutMs,
      connect: connectTimeoutMs,
      secureConnect: connectTimeoutMs,
      send: requestTimeoutMs,
      response: requestTimeoutMs,
      request: requestTimeoutMs,
    },
    retry: { limit: 0 },
    followRedirect: false,
    throwHttpErrors: false,
    decompress: true,
    http2: false,
  });
}

function tooLarge(request: ExchangeRequest, limit: number): Exchange {
  const what = `The answer of ${request.endpoint} to ${request.method} ${request.path} is larger than ${limit} bytes and was not read.`;
  return { kind: 'Failed', neverConnected: false, error: new OperatorError('UnexpectedAnswer', what) };
}
