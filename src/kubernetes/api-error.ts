import { type ErrorCode, OperatorError } from '../lib/errors.ts';

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
