import type { BalancePolicy } from '../../api/generated/balance-policy.ts';
import { withJitter } from '../../lib/backoff.ts';
import { shorten } from '../conditions.ts';
import { isApproved } from './approval.ts';
import type { PolicyMemory } from './policy-memory.ts';
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
export function untilEvaluation(
  policy: BalancePolicy,
  memory: Pick<PolicyMemory, 'knownApproval'>,
  now: number,
): number {
  const { status } = policy;
  if (status?.nextEvaluationTime === undefined) return 0;
  if (status.observedGeneration !== policy.metadata.generation) return 0;
  const request = requestOfPerson(policy);
  if (request !== undefined && request !== status.lastHandledReconcileAt) return 0;
  if (isNewlyApproved(policy, memory)) return 0;
  const remaining = Date.parse(status.nextEvaluationTime) - now;
  // Further away than it ever is: the clock was set back, or the status edited or restored.
  return remaining > longestIntervalMs(policy) ? 0 : Math.max(0, remaining || 0);
}

/** Not when the last evaluation knew of the approval already and something else, such as a window, kept it back. */
function isNewlyApproved(
  policy: BalancePolicy,
  { knownApproval }: Pick<PolicyMemory, 'knownApproval'>,
): boolean {
  const { plan } = policy.status ?? {};
  return plan !== undefined && isApproved(policy, plan) && plan.id !== knownApproval;
}

/** When the evaluation after one that ends now is due, milliseconds since the epoch. */
export function nextEvaluation(policy: BalancePolicy, now: number, random: () => number): number {
  return now + withJitter(intervalMs(policy), INTERVAL_JITTER, random);
}

/** The time of an evaluation is rounded up to a second. */
function longestIntervalMs(policy: BalancePolicy): number {
  return intervalMs(policy) * (1 + INTERVAL_JITTER) + 1_000;
}

function intervalMs(policy: BalancePolicy): number {
  return specDuration(policy.spec.interval, 'spec.interval');
}
