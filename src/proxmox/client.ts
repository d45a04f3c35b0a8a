import { exponentialBackoff, withJitter } from '../lib/backoff.ts';
import type { Clock } from '../lib/clock.ts';
import { isOperatorError, OperatorError } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import { createConcurrencyLimit } from './concurrency-limit.ts';
import { checkCaCertificates, parseEndpoint, tokenHeader } from './endpoint.ts';
import { errorOf } from './error-answer.ts';
import { createExchanger, type Exchange, type ExchangeRequest } from './exchange.ts';
import { contentOf, type HttpAnswer, isFromProxmox } from './http-answer.ts';
import type { ProxmoxAnswer, ProxmoxReader, Query } from './reader.ts';

/** The Proxmox API over HTTPS with an API token. */
export interface ProxmoxClient extends ProxmoxReader {
  /**
   * Sends a POST at most once: never again after anything was sent, and to another endpoint only when no connection was
   * made. Never throws.
   */
  post(path: string, form: Query, signal?: AbortSignal): Promise<PostOutcome>;
  /** `user@realm!token` */
  readonly user: string;
  /** The endpoint that answered last. */
  readonly activeEndpoint: string | undefined;
  close(): Promise<void>;
}

export type PostOutcome =
  | { readonly kind: 'Done'; readonly answer: HttpAnswer }
  /** PVE itself answered 400, 401, 403, 500 or 501: nothing was started. */
  | { readonly kind: 'Refused'; readonly error: OperatorError }
  /** No answer, or not one of PVE: it may have been carried out. */
  | { readonly kind: 'Unknown'; readonly error: Error };

export interface ProxmoxClientOptions {
  /** `https://host:8006`, tried in this order. */
  readonly endpoints: readonly string[];
  readonly token: { readonly id: string; readonly secret: string };
  /** PEM bundle. When given, these CAs are trusted and no others: a cluster's own CA needs no company. */
  readonly caCertificates?: string;
  /** Above 30 s, after which PVE itself gives up passing a call on (docs/proxmox-api.md §1.13). */
  readonly requestTimeoutMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** PVE closes idle connections after 5 s, so they are dropped before. */
  readonly idleSocketMs?: number;
  readonly maxBodyBytes?: number;
}

/** A pveproxy has three workers (docs/proxmox-api.md §1.10). */
const IN_FLIGHT = 3;
const GET_RETRIES = 2;
const RETRY_BASE_MS = 500;
const RETRY_CAP_MS = 5_000;
/** What took this long to fail (a timeout) is not worth waiting for again. */
const SLOW_FAULT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 10_000;
const REFUSALS = ['InvalidRequest', 'Unauthorized', 'Forbidden', 'ServerError', 'NotImplemented'] as const;

/**
 * Throws `InvalidSpec`, `CredentialsInvalid` or `CertificateUntrusted` when the options cannot work. No error and no log
 * line of the client holds the token's secret.
 */
export function createProxmoxClient(options: ProxmoxClientOptions): ProxmoxClient {
  const { clock, logger, token } = options;
  const endpoints = options.endpoints.map(parseEndpoint);
  if (endpoints.length === 0) throw new OperatorError('InvalidSpec', 'No endpoint is given.');
  if (options.caCertificates !== undefined) checkCaCertificates(options.caCertificates);
  const limits = new Map(endpoints.map((endpoint) => [endpoint, createConcurrencyLimit(IN_FLIGHT)]));
  const closed = new AbortController();
  let active: string | undefined;

  // A server may repeat what it was sent.
  function clean(text: string): string {
    return text
      .replaceAll(token.secret, '[secret]')
      .replace(/\p{Cc}+/gu, ' ')
      .slice(0, 1_000);
  }

  const exchanger = createExchanger({
    authorization: tokenHeader(token),
    caCertificates: options.caCertificates,
    requestTimeoutMs: options.requestTimeoutMs,
    connectTimeoutMs: Math.min(CONNECT_TIMEOUT_MS, options.requestTimeoutMs),
    idleSocketMs: options.idleSocketMs ?? 4_000,
    maxBodyBytes: options.maxBodyBytes ?? 32 * 1024 ** 2,
    clean,
  });

  async function send(request: ExchangeRequest, signal: AbortSignal): Promise<Exchange> {
    const { endpoint, method, path } = request;
    const limit = limits.get(endpoint) ?? createConcurrencyLimit(IN_FLIGHT);
    return limit(async () => {
      const start = clock.monotonic();
      const exchange = await exchanger.send(request, signal);
      const milliseconds = Math.round(clock.monotonic() - start);
      if (exchange.kind === 'Answered') {
        active = endpoint;
        logger.debug(
          { endpoint, method, path, status: exchange.answer.status, milliseconds },
          'Called the Proxmox API',
        );
      } else {
        logger.debug(
          { endpoint, method, path, code: exchange.error.code, milliseconds },
          'Got no answer from the Proxmox API',
        );
      }
      return exchange;
    });
  }

  /** The endpoint that answered last, then the others in their order. */
  function order(): readonly string[] {
    return active === undefined
      ? endpoints
      : [active, ...endpoints.filter((endpoint) => endpoint !== active)];
  }

  /** One round over the endpoints; throws what the caller is told when none of them answers. */
  async function getOnce(path: string, query: Query, signal: AbortSignal): Promise<ProxmoxAnswer> {
    const failures: OperatorError[] = [];
    for (const endpoint of order()) {
      const exchange = await send({ endpoint, method: 'GET', path, query }, signal);
      if (exchange.kind === 'Failed') {
        failures.push(exchange.error);
        continue;
      }
      const { answer } = exchange;
      if (answer.status >= 200 && answer.status < 300) return contentOf(answer);
      throw errorOf({ ...answer, body: cleanBody(answer.body) }, token.id);
    }
    throw failureOfAll(failures);
  }

  async function get(path: string, query: Query = {}, signal?: AbortSignal): Promise<ProxmoxAnswer> {
    const either = anySignal(signal, closed.signal);
    for (let attempt = 0; ; attempt += 1) {
      const start = clock.monotonic();
      try {
        return await getOnce(path, query, either);
      } catch (error) {
        const quick = clock.monotonic() - start < SLOW_FAULT_MS;
        const transient = isOperatorError(error, 'Unreachable', 'NodeUnreachable');
        if (!transient || !quick || attempt >= GET_RETRIES) throw error;
      }
      await clock.sleep(
        withJitter(exponentialBackoff(attempt, RETRY_BASE_MS, RETRY_CAP_MS), 0.2, Math.random),
        either,
      );
    }
  }

  async function post(path: string, form: Query, signal?: AbortSignal): Promise<PostOutcome> {
    const either = anySignal(signal, closed.signal);
    const failures: OperatorError[] = [];
    try {
      for (const endpoint of order()) {
        const exchange = await send({ endpoint, method: 'POST', path, form }, either);
        if (exchange.kind === 'Answered') return outcomeOf(exchange.answer);
        failures.push(exchange.error);
        if (!exchange.neverConnected) break;
      }
      return { kind: 'Unknown', error: failureOfAll(failures) };
    } catch (error) {
      return {
        kind: 'Unknown',
        error: error instanceof Error ? error : new Error('The request was aborted.'),
      };
    }
  }

  function outcomeOf(answer: HttpAnswer): PostOutcome {
    if (answer.status >= 200 && answer.status < 300) return { kind: 'Done', answer };
    const error = errorOf({ ...answer, body: cleanBody(answer.body) }, token.id);
    const refused = isFromProxmox(answer) && isOperatorError(error, ...REFUSALS);
    return { kind: refused ? 'Refused' : 'Unknown', error };
  }

  function cleanBody(body: string): string {
    return body.slice(0, 64 * 1024).replaceAll(token.secret, '[secret]');
  }

  return {
    get,
    post,
    user: token.id,
    get activeEndpoint() {
      return active;
    },
    async close() {
      closed.abort(new OperatorError('Unreachable', 'The connection to the cluster was closed.'));
      exchanger.close();
    },
  };
}

/** A wrong certificate needs a person, so it is what is told when only one can be. */
function failureOfAll(failures: readonly OperatorError[]): OperatorError {
  const worst = failures.find((error) => error.code !== 'Unreachable') ?? failures[0];
  const [first] = failures;
  if (!worst || !first) return new OperatorError('Unreachable', 'No endpoint could be asked.');
  if (failures.length === 1) return worst;
  const others = failures.filter((error) => error !== worst).map((error) => error.message);
  return new OperatorError(worst.code, [worst.message, ...others].join(' '));
}

function anySignal(one: AbortSignal | undefined, other: AbortSignal): AbortSignal {
  return one ? AbortSignal.any([one, other]) : other;
}
