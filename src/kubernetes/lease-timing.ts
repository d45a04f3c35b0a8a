import { formatDuration } from '../lib/duration.ts';
import { OperatorError } from '../lib/errors.ts';

/** How long a lease lasts without a renewal, how long its holder tries to renew it, and how often. */
export interface LeaseTiming {
  readonly leaseDurationMs: number;
  readonly renewDeadlineMs: number;
  readonly retryPeriodMs: number;
}

/** Those of controller-runtime. */
export const DEFAULT_LEASE_TIMING: LeaseTiming = {
  leaseDurationMs: 15_000,
  renewDeadlineMs: 10_000,
  retryPeriodMs: 2_000,
};

/** Candidates wait up to this much longer than the retry period, so that they do not all ask at once. */
export const RETRY_JITTER = 1.2;

/**
 * A holder must have given up before others may take over, and be able to try more than once before.
 *
 * @throws OperatorError Usage
 */
export function checkLeaseTiming({ leaseDurationMs, renewDeadlineMs, retryPeriodMs }: LeaseTiming): void {
  if (retryPeriodMs <= 0) throw new OperatorError('Usage', 'The retry period must be more than 0s.');
  if (leaseDurationMs < 1_000) throw new OperatorError('Usage', 'The lease duration must be at least 1s.');
  if (leaseDurationMs <= renewDeadlineMs) {
    throw new OperatorError(
      'Usage',
      `The lease duration (${formatDuration(leaseDurationMs)}) must be longer than the renew deadline (${formatDuration(renewDeadlineMs)}).`,
    );
  }
  if (renewDeadlineMs <= retryPeriodMs * RETRY_JITTER) {
    throw new OperatorError(
      'Usage',
      `The renew deadline (${formatDuration(renewDeadlineMs)}) must be more than ${RETRY_JITTER} times the retry period (${formatDuration(retryPeriodMs)}).`,
    );
  }
}
