import { type ErrorCode, messageOf, OperatorError } from '../lib/errors.ts';

/** What the API server, or the way to it, answered instead of what was asked for. */
export class ApiError extends OperatorError {
  /** HTTP status; undefined when no answer came. */
  readonly status: number | undefined;
  /**
   * Of a write: whether the API server may have carried it out all the same. True for timeouts, resets and 5xx; then only
   * reading the object tells. False when it said no, or was never reached.
   */
  readonly mayHaveTakenEffect: boolean;

  constructor(
    code: ErrorCode,
    message: string,
    details: { readonly status?: number; readonly mayHaveTakenEffect: boolean; readonly cause?: unknown },
  ) {
    super(code, message, details.cause === undefined ? undefined : { cause: details.cause });
    this.status = details.status;
    this.mayHaveTakenEffect = details.mayHaveTakenEffect;
  }
}

/** A request in words, for messages: `PATCH /apis/…/balancepolicies/lab/status`. */
export interface RequestSummary {
  readonly method: string;
  readonly path: string;
}

const LONGEST_MESSAGE = 2_000;

/** The error for an answer that is not 2xx. The server's own words are in its `Status` object, or else in the text. */
export function errorOfAnswer(request: RequestSummary, status: number, body: string): ApiError {
  const isWrite = request.method !== 'GET';
  // A missing object is no error of a read, so what is missing is the kind.
  const hint = status === 404 && !isWrite ? '; is its CustomResourceDefinition installed?' : '';
  const message = `${describe(request)} was answered ${status}: ${statusMessage(body)}${hint}`;
  return new ApiError(codeOfStatus(status, isWrite), message, {
    status,
    mayHaveTakenEffect: isWrite && (status >= 500 || status === 408),
  });
}

/** The error for a request that got no (whole) answer. */
export function errorOfFault(request: RequestSummary, fault: unknown): ApiError {
  const cause = rootCause(fault);
  return new ApiError('ApiServerUnavailable', `${describe(request)} got no answer: ${messageOf(cause)}`, {
    mayHaveTakenEffect: request.method !== 'GET' && !neverConnected(cause),
    cause: fault,
  });
}

/** The error for an answer of success that is not what was asked for, as a proxy's login page. */
export function errorOfContent(request: RequestSummary, status: number, what: string): ApiError {
  return new ApiError('ApiServerUnavailable', `${describe(request)} was answered ${status} with ${what}`, {
    status,
    mayHaveTakenEffect: request.method !== 'GET',
  });
}

/** Whether what was to be continued (a watch, a paged list) is too old for the server to know: list again. */
export function isExpired(error: unknown): boolean {
  return error instanceof ApiError && error.status === 410;
}

function codeOfStatus(status: number, isWrite: boolean): ErrorCode {
  if (status === 409) return 'Conflict';
  if (status === 404 && isWrite) return 'ObjectGone';
  if (status === 408 || status === 429 || status >= 500) return 'ApiServerUnavailable';
  return 'ApiServerRefused';
}

function describe({ method, path }: RequestSummary): string {
  return `${method} ${path}`;
}

function statusMessage(body: string): string {
  const text = messageInStatus(body) ?? body.trim();
  if (text === '') return 'no message';
  return text.length > LONGEST_MESSAGE ? `${text.slice(0, LONGEST_MESSAGE)}…` : text;
}

function messageInStatus(body: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed !== 'object' || parsed === null || !('message' in parsed)) return undefined;
    return typeof parsed.message === 'string' ? parsed.message : undefined;
  } catch {
    return undefined;
  }
}

// fetch wraps what happened in a TypeError 'fetch failed' or 'terminated'.
function rootCause(fault: unknown): unknown {
  let cause = fault;
  while (cause instanceof Error && cause.cause !== undefined) cause = cause.cause;
  return cause;
}

const NEVER_CONNECTED = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
]);

function neverConnected(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && NEVER_CONNECTED.has(String(cause.code));
}
