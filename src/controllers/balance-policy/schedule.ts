import type { BalancePolicy } from '../../api/generated/balance-policy.ts';
import { withJitter } from '../../lib/backoff.ts';
import { findCondition, shorten } from '../conditions.ts';
import { isApproved } from './approval.ts';
import { specDuration } from './spec-duration.ts';

/** Any new value asks for an evaluation at once. */
export const REQUESTED_AT = 'pve-cslb.io/requested-at';

const LONGEST_REQUEST = 256;
const INTERVAL_JITTER = 0.1;

/** What `status.lastHandledReconcileAt` is compared with; undefined when nobody asked. */
export function requestOfPerson(policy: BalancePolicy): string | undefined {
  const value = policy.metadata.annotations?.[REQUESTED_AT];
  return value === undefined ? undefined : shorten(value, LONGEST_REQUEST);
}

/** Milliseconds until the cluster is to be evaluated; 0 when it is time. After a failed cycle it always is. */
export function untilEvaluation(policy: BalancePolicy, now: number): number {
  const { status } = policy;
  if (status?.nextEvaluationTime === undefined) return 0;
  if (status.observedGeneration !== policy.metadata.generation) return 0;
  const request = requestOfPerson(policy);
  if (request !== undefined && request !== status.lastHandledReconcileAt) return 0;
  if (isNewlyApproved(policy)) return 0;
  // An edited or restored status must not keep the policy waiting for longer than it asks for.
  const longest = intervalMs(policy) * (1 + INTERVAL_JITTER);
  return Math.max(0, Math.min(Date.parse(status.nextEvaluationTime) - now, longest) || 0);
}

/** Not when the last evaluation knew of the approval already and something else, such as a window, kept it back. */
function isNewlyApproved(policy: BalancePolicy): boolean {
  const { plan, conditions } = policy.status ?? {};
  if (!plan || !isApproved(policy, plan)) return false;
  return findCondition(conditions, 'Ready')?.reason === 'AwaitingApproval';
}

/** When the evaluation after one that ends now is due, milliseconds since the epoch. */
export function nextEvaluation(policy: BalancePolicy, now: number, random: () => number): number {
  return now + withJitter(intervalMs(policy), INTERVAL_JITTER, random);
}

function intervalMs(policy: BalancePolicy): number {
  return specDuration(policy.spec.interval, 'spec.interval');
}
