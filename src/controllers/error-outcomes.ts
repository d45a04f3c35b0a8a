import type { Reason } from '../api/reasons.ts';
import { type ErrorCode, isOperatorError, messageOf } from '../lib/errors.ts';

/**
 * What a controller does when a cycle fails, by the code of the error: the one table.
 * - `reason` goes into the conditions;
 * - `stalled`: only a person can mend it, so `Stalled` is True and it is looked at again slowly;
 * - `event`: worth a Warning Event when it begins;
 * - `level`: how it is logged.
 */
export interface ErrorOutcome {
  readonly reason: Reason;
  readonly stalled: boolean;
  readonly event: boolean;
  readonly level: 'debug' | 'info' | 'warn' | 'error';
}

const RETRIED = { stalled: false, event: true, level: 'warn' } as const;
const WAITING = { stalled: false, event: true, level: 'info' } as const;
const STALLED = { stalled: true, event: true, level: 'warn' } as const;
const QUIET = { stalled: false, event: false, level: 'debug' } as const;

export const ERROR_OUTCOMES: Readonly<Record<ErrorCode, ErrorOutcome>> = {
  Unreachable: { reason: 'Unreachable', ...RETRIED },
  CertificateUntrusted: { reason: 'CertificateUntrusted', ...STALLED },
  Unauthorized: { reason: 'Unauthorized', ...STALLED },
  Forbidden: { reason: 'Forbidden', ...STALLED },
  InvalidRequest: { reason: 'DataIncomplete', ...RETRIED },
  ServerError: { reason: 'DataIncomplete', ...RETRIED },
  NotImplemented: { reason: 'DataIncomplete', ...RETRIED },
  NodeUnreachable: { reason: 'DataIncomplete', ...RETRIED },
  UnexpectedAnswer: { reason: 'DataIncomplete', ...RETRIED },
  NotQuorate: { reason: 'NotQuorate', ...WAITING },
  DataIncomplete: { reason: 'DataIncomplete', ...WAITING },
  CredentialsNotFound: { reason: 'CredentialsNotFound', ...STALLED },
  CredentialsInvalid: { reason: 'CredentialsInvalid', ...STALLED },
  ClusterNotFound: { reason: 'ClusterNotFound', ...STALLED },
  ClusterNotReady: { reason: 'ClusterNotReady', ...WAITING },
  ClusterChanged: { reason: 'ClusterChanged', ...STALLED },
  InvalidSpec: { reason: 'InvalidSpec', ...STALLED },
  Conflict: { reason: 'ProgressingWithRetry', ...QUIET },
  ObjectGone: { reason: 'ProgressingWithRetry', ...QUIET },
  ApiServerUnavailable: { reason: 'ProgressingWithRetry', stalled: false, event: false, level: 'warn' },
  ApiServerRefused: { reason: 'ProgressingWithRetry', stalled: false, event: false, level: 'error' },
  LeadershipUncertain: { reason: 'LeadershipUncertain', ...WAITING },
  LeadershipLost: { reason: 'LeadershipUncertain', ...QUIET },
  Usage: { reason: 'InvalidSpec', ...STALLED },
  InvalidInput: { reason: 'InvalidSpec', ...STALLED },
};

const UNFORESEEN: ErrorOutcome = {
  reason: 'ProgressingWithRetry',
  stalled: false,
  event: false,
  level: 'error',
};

export function outcomeOfError(error: unknown): ErrorOutcome & { readonly message: string } {
  const outcome = isOperatorError(error) ? ERROR_OUTCOMES[error.code] : UNFORESEEN;
  return { ...outcome, message: messageOf(error) };
}
