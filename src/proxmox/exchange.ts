import got, { type Got, type Request } from 'got';
import { OperatorError } from '../lib/errors.ts';
import { answerFault, type ConnectionFault, connectionFaultOf } from './connection-fault.ts';
import type { HttpAnswer } from './http-answer.ts';
import type { Query } from './reader.ts';
import { createTlsAgents, type TlsTrust, verifiesChain } from './tls-agent.ts';

/** One request to one endpoint: either an answer, whatever it says, or none. */
export type Exchange =
  | { readonly kind: 'Answered'; readonly answer: HttpAnswer }
  | ({
      readonly kind: 'Failed';
      /** On a connection kept from before, which the server may just have given up: that says nothing. */
      readonly connectionWasKept: boolean;
    } & ConnectionFault);

export interface ExchangeRequest {
  readonly endpoint: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly query?: Query;
  readonly form?: Query;
  /** Those that say who we are. */
  readonly headers: Readonly<Record<string, string>>;
}

interface Exchanger {
  /** Never retries. Throws only the signal's reason. A GET uses a connection kept from before unless `fresh`. */
  send(request: ExchangeRequest, signal: AbortSignal, fresh?: boolean): Promise<Exchange>;
  close(): void;
}

interface ExchangeOptions {
  readonly trust: TlsTrust;
  readonly requestTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly idleSocketMs: number;
  readonly maxBodyBytes: number;
  readonly clean: (text: string) => string;
}

/** HTTP/1.1 over TLS, without any retry or redirect. */
export function createExchanger(options: ExchangeOptions): Exchanger {
  // A POST on a connection that PVE is just closing would have an unknown outcome, so each gets its own.
  const { kept, single } = createTlsAgents(options.trust, options.idleSocketMs);
  const http = createHttp(options);

  async function send(request: ExchangeRequest, signal: AbortSignal, fresh = false): Promise<Exchange> {
    signal.throwIfAborted();
    const { endpoint, method, path, query, form, headers } = request;
    let stream: Request | undefined;
    try {
      stream = http.stream(`${endpoint}/api2/json${path}`, {
        method,
        headers,
        agent: { https: method === 'GET' && !fresh ? kept : single },
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
          return { kind: 'Failed', connectionWasKept: false, ...tooLarge(request, options.maxBodyBytes) };
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
      const connectionWasKept = stream?.reusedSocket === true && stream.response === undefined;
      return { kind: 'Failed', connectionWasKept, ...connectionFaultOf(error, request) };
    }
  }

  return {
    send,
    close() {
      kept.destroy();
      single.destroy();
    },
  };
}

function first(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}

function createHttp(options: ExchangeOptions): Got {
  const { requestTimeoutMs, connectTimeoutMs, trust } = options;
  const { caCertificates } = trust;
  return got.extend({
    headers: {
      accept: 'application/json',
      'accept-encoding': 'gzip, deflate',
      'user-agent': 'pve-cslb-operator',
    },
    https: {
      rejectUnauthorized: verifiesChain(trust),
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

function tooLarge({ endpoint, method, path }: ExchangeRequest, limit: number): ConnectionFault {
  const what = `The answer of ${endpoint} to ${method} ${path} is larger than ${limit} bytes and was not read.`;
  return answerFault(new OperatorError('UnexpectedAnswer', what));
}
