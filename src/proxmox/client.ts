import { exponentialBackoff, withJitter } from '../lib/backoff.ts';
import type { Clock } from '../lib/clock.ts';
import { type ErrorCode, isOperatorError, OperatorError } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import { type Authentication, createTokenAuthentication, type Pass } from './authentication.ts';
import type { ProxmoxClientObserver } from './client-observer.ts';
import { createConcurrencyLimit } from './concurrency-limit.ts';
import { type Credentials, checkCredentials } from './credentials.ts';
import { checkCaCertificates, parseEndpoint } from './endpoint.ts';
import { createEndpointChoice } from './endpoint-choice.ts';
import { errorOf } from './error-answer.ts';
import { createExchanger, type Exchange, type ExchangeRequest } from './exchange.ts';
import { contentOf, type HttpAnswer, isFromProxmox, notProxmox } from './http-answer.ts';
import { nodeOfPath, type ProxmoxAnswer, type ProxmoxReader, type Query } from './reader.ts';
import { createRedaction } from './redaction.ts';
import { type TicketAnswer, ticketAnswer } from './schemas/ticket.ts';
import { createTicketAuthentication } from './ticket-authentication.ts';
import { isUnverified, type TlsTrust } from './tls-agent.ts';

/** The Proxmox API over HTTPS. */
export interface ProxmoxClient extends ProxmoxReader {
  /**
   * Sends a POST at most once: never again after anything was sent, and to another endpoint only when no connection was
   * made. `maySend` is asked right before each: a login, or the wait for one's turn, may have taken long. Never throws.
   */
  post(path: string, form: Query, signal?: AbortSignal, maySend?: () => boolean): Promise<PostOutcome>;
  /** `user@realm` or `user@realm!token`, as UPIDs carry it. */
  readonly user: string;
  /** The endpoint in use; undefined when none has answered yet. */
  readonly activeEndpoint: string | undefined;
  close(): Promise<void>;
}

export type PostOutcome =
  | { readonly kind: 'Done'; readonly answer: HttpAnswer }
  /** PVE itself answered 400, 401, 403, 500 or 501: nothing was started. */
  | { readonly kind: 'Refused'; readonly error: OperatorError }
  /** `maySend` said no: nothing was sent. */
  | { readonly kind: 'NotSent'; readonly error: Error }
  /** No answer, or not one of PVE: it may have been carried out. */
  | { readonly kind: 'Unknown'; readonly error: Error };

export interface ProxmoxClientOptions extends TlsTrust {
  /** `https://host:8006`, in order of preference. */
  readonly endpoints: readonly string[];
  readonly credentials: Credentials;
  /** For one request, above 30 s, after which PVE itself gives up passing a call on (docs/proxmox-api.md §1.13). */
  readonly requestTimeoutMs: number;
  readonly clock: Clock;
  /** From 0 to below 1. */
  readonly random?: () => number;
  readonly logger: Logger;
  readonly observer?: ProxmoxClientObserver;
  /** PVE closes idle connections after 5 s, so they are dropped before. */
  readonly idleSocketMs?: number;
  readonly maxBodyBytes?: number;
}

type Call = Omit<ExchangeRequest, 'endpoint'> & { readonly maySend?: (() => boolean) | undefined };

class NotSentError extends Error {}

/** A pveproxy has three workers (docs/proxmox-api.md §1.10). */
const IN_FLIGHT = 3;
const GET_RETRIES = 2;
const RETRY_BASE_MS = 500;
const RETRY_CAP_MS = 5_000;
/** What took this long to fail (a timeout) is not worth waiting for again. */
const SLOW_FAULT_MS = 10_000;
const LONGEST_CONNECT_TIMEOUT_MS = 10_000;
const REFUSALS = ['InvalidRequest', 'Unauthorized', 'Forbidden', 'ServerError', 'NotImplemented'] as const;

/**
 * Throws `InvalidSpec`, `CredentialsInvalid` or `CertificateUntrusted` when the options cannot work. No error and no log
 * line of the client holds a token's secret, a password or a ticket.
 */
export function createProxmoxClient(options: ProxmoxClientOptions): ProxmoxClient {
  const { clock, random = Math.random, logger, observer, credentials } = options;
  const list = [...new Set(options.endpoints.map(parseEndpoint))];
  if (list.length === 0) throw new OperatorError('InvalidSpec', 'No endpoint is given.');
  checkCredentials(credentials);
  if (options.caCertificates !== undefined) checkCaCertificates(options.caCertificates);
  if (isUnverified(options))
    logger.warn({ endpoints: list }, 'Does not verify the certificates of endpoints');
  const endpoints = createEndpointChoice(list, clock);
  const limits = new Map(list.map((endpoint) => [endpoint, createConcurrencyLimit(IN_FLIGHT)]));
  const closed = new AbortController();
  const redaction = createRedaction();
  redaction.hide(credentials.kind === 'Token' ? credentials.secret : credentials.password);
  const exchanger = createExchanger({
    trust: options,
    requestTimeoutMs: options.requestTimeoutMs,
    // So that a host which does not answer is told from one which is slow.
    connectTimeoutMs: Math.min(LONGEST_CONNECT_TIMEOUT_MS, options.requestTimeoutMs / 3),
    idleSocketMs: options.idleSocketMs ?? 4_000,
    maxBodyBytes: options.maxBodyBytes ?? 32 * 1024 ** 2,
    clean: redaction.clean,
  });
  const authentication: Authentication =
    credentials.kind === 'Token'
      ? createTokenAuthentication(credentials)
      : createTicketAuthentication({ ...credentials, login, redaction, clock, logger });

  function gain(endpoint: string): void {
    if (endpoints.answered(endpoint)) logger.info({ endpoint }, 'Regained endpoint');
  }

  function lose(endpoint: string, error: OperatorError): void {
    const { code, message } = error;
    if (endpoints.failed(endpoint, error)) logger.warn({ endpoint, code, detail: message }, 'Lost endpoint');
  }

  /** One request to one endpoint. What waited for its turn while the endpoint was found not to work is not sent. */
  async function send(endpoint: string, call: Call, mark: number, signal: AbortSignal): Promise<Exchange> {
    const limit = limits.get(endpoint) ?? createConcurrencyLimit(IN_FLIGHT);
    return limit(async () => {
      const known = endpoints.failedSince(endpoint, mark);
      if (known) {
        const fault = { neverConnected: true, endpointFails: true, error: known };
        return { kind: 'Failed', connectionWasKept: false, ...fault };
      }
      const { maySend, ...request } = call;
      if (maySend?.() === false)
        throw new NotSentError(`${call.method} ${call.path} may not be sent any more.`);
      const exchange = await sendNow({ ...request, endpoint }, signal);
      if (exchange.kind === 'Answered') {
        if (!failsItself(exchange.answer)) gain(endpoint);
      } else if (exchange.endpointFails) lose(endpoint, exchange.error);
      return exchange;
    });
  }

  async function sendNow(request: ExchangeRequest, signal: AbortSignal): Promise<Exchange> {
    const { endpoint, method, path } = request;
    const start = clock.monotonic();
    let exchange = await exchanger.send(request, signal);
    // PVE gives up idle connections and, now and then, a worker.
    if (exchange.kind === 'Failed' && exchange.connectionWasKept && method === 'GET') {
      exchange = await exchanger.send(request, signal, true);
    }
    const elapsed = clock.monotonic() - start;
    observer?.requestEnded({ endpoint, method, failure: failureOf(exchange), milliseconds: elapsed });
    const milliseconds = Math.round(elapsed);
    if (exchange.kind === 'Answered') {
      const { status } = exchange.answer;
      logger.debug({ endpoint, method, path, status, milliseconds }, 'Called the Proxmox API');
    } else {
      const { code } = exchange.error;
      logger.debug({ endpoint, method, path, code, milliseconds }, 'Got no answer from the Proxmox API');
    }
    return exchange;
  }

  function failureOf(exchange: Exchange): ErrorCode | undefined {
    if (exchange.kind === 'Failed') return exchange.error.code;
    return isSuccess(exchange.answer) ? undefined : toError(exchange.answer).code;
  }

  /** Asks one endpoint after the other until one answers; throws what the caller is told when none does. */
  async function ask(call: Call, signal: AbortSignal): Promise<HttpAnswer> {
    const failures: OperatorError[] = [];
    const mark = endpoints.mark();
    for (const endpoint of endpoints.forRead()) {
      const exchange = await send(endpoint, call, mark, signal);
      if (exchange.kind === 'Failed') {
        if (!exchange.endpointFails) throw exchange.error;
        failures.push(exchange.error);
      } else if (failsItself(exchange.answer)) {
        const error = toError(exchange.answer);
        lose(endpoint, error);
        failures.push(error);
      } else return exchange.answer;
    }
    throw failureOfAll(failures);
  }

  /** One round over the endpoints, with one new login when PVE does not take the ticket any more. */
  async function getOnce(path: string, query: Query, signal: AbortSignal): Promise<ProxmoxAnswer> {
    const askWith = ({ read: headers }: Pass) => ask({ method: 'GET', path, query, headers }, signal);
    const pass = await authentication.pass(signal);
    let answer = await askWith(pass);
    if (isRefusedLogin(answer) && authentication.discard(pass)) {
      answer = await askWith(await authentication.pass(signal));
    }
    if (!isSuccess(answer)) throw toError(answer);
    refuseEcho(answer);
    return contentOf(answer);
  }

  /** Names and keys of an answer come into messages, so one that repeats a secret is not even read. */
  function refuseEcho(answer: HttpAnswer): void {
    if (redaction.isIn(answer.body)) throw notProxmox(answer, 'it repeats the credentials it was sent');
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
        withJitter(exponentialBackoff(attempt, RETRY_BASE_MS, RETRY_CAP_MS), 0.2, random),
        either,
      );
    }
  }

  async function post(
    path: string,
    form: Query,
    signal?: AbortSignal,
    maySend?: () => boolean,
  ): Promise<PostOutcome> {
    const either = anySignal(signal, closed.signal);
    try {
      const pass = await authentication.pass(either);
      const call: Call = { method: 'POST', path, form, headers: pass.write, maySend };
      const failures: OperatorError[] = [];
      const mark = endpoints.mark();
      for (const endpoint of endpoints.forWrite()) {
        const exchange = await send(endpoint, call, mark, either);
        if (exchange.kind === 'Answered') {
          // It is not sent again, but what comes next needs a pass that is good.
          if (isRefusedLogin(exchange.answer)) authentication.discard(pass);
          return outcomeOf(exchange.answer);
        }
        failures.push(exchange.error);
        if (!exchange.neverConnected) break;
      }
      return { kind: 'Unknown', error: failureOfAll(failures) };
    } catch (error) {
      if (error instanceof NotSentError) return { kind: 'NotSent', error };
      // PVE did not let us in, so it was not even sent.
      if (isOperatorError(error, 'Unauthorized')) return { kind: 'Refused', error };
      return {
        kind: 'Unknown',
        error: error instanceof Error ? error : new Error('The request was aborted.'),
      };
    }
  }

  /** Unlike other POSTs it changes nothing, so it may be sent to several endpoints. */
  async function login(username: string, password: string): Promise<TicketAnswer> {
    const path = '/access/ticket';
    const answer = await ask(
      { method: 'POST', path, form: { username, password }, headers: {} },
      closed.signal,
    );
    if (!isSuccess(answer)) throw errorOf(answer, username, redaction.clean);
    const { data } = contentOf(answer);
    if (ticketAnswer.matches(data)) return data;
    throw notProxmox(answer, ticketAnswer.fault(data) ?? 'it has no ticket');
  }

  function outcomeOf(answer: HttpAnswer): PostOutcome {
    if (isSuccess(answer)) {
      refuseEcho(answer);
      return { kind: 'Done', answer };
    }
    const error = toError(answer);
    const refused = isFromProxmox(answer) && isOperatorError(error, ...REFUSALS);
    return { kind: refused ? 'Refused' : 'Unknown', error };
  }

  function toError(answer: HttpAnswer): OperatorError {
    return errorOf(answer, authentication.user, redaction.clean);
  }

  observer?.opened(list);
  return {
    get,
    post,
    get user() {
      return authentication.user;
    },
    get activeEndpoint() {
      return endpoints.active;
    },
    async close() {
      if (!closed.signal.aborted) observer?.closed(list);
      closed.abort(new OperatorError('Unreachable', 'The connection to the cluster was closed.'));
      exchanger.close();
    },
  };
}

function isSuccess({ status }: HttpAnswer): boolean {
  return status >= 200 && status < 300;
}

function isRefusedLogin(answer: HttpAnswer): boolean {
  return answer.status === 401 && isFromProxmox(answer);
}

/** 595 to 599 are about another node, unless the endpoint had nobody to pass the call on to but itself. */
function failsItself({ status, path }: HttpAnswer): boolean {
  return status >= 595 && status <= 599 && nodeOfPath(path) === undefined;
}

/** What says most is told: a wrong certificate needs a person, and whoever answers at all can be reached. */
function failureOfAll(failures: readonly OperatorError[]): OperatorError {
  const worst =
    failures.find((error) => error.code === 'CertificateUntrusted') ??
    failures.find((error) => error.code !== 'Unreachable') ??
    failures[0];
  if (!worst) return new OperatorError('Unreachable', 'No endpoint could be asked.');
  if (failures.length === 1) return worst;
  const others = failures.filter((error) => error !== worst).map((error) => error.message);
  return new OperatorError(worst.code, [worst.message, ...others].join(' '));
}

function anySignal(one: AbortSignal | undefined, other: AbortSignal): AbortSignal {
  return one ? AbortSignal.any([one, other]) : other;
}
