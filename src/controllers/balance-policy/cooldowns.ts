import type {
  BalancePolicyStatus,
  CooldownEntry,
  MigrationEntry,
} from '../../api/generated/balance-policy.ts';
import { exponentialBackoff } from '../../lib/backoff.ts';
import { formatTime } from '../conditions.ts';
import type { Outcome } from './settlement.ts';

/**
 * Guests that are left alone for a while, in `status.cooldowns` so that a restart does not forget them. Times are the
 * operator's.
 */

/** The CRD's bound. A guest whose cooldown found no room would move again too early, so nothing moves when it is full. */
export const MOST_COOLDOWNS = 1_000;

/** The CRD's bound; the rest grows no more long before. */
const MOST_FAILURES = 1_000;

const FIRST_REST_MS = 600_000;
const LONGEST_REST_MS = 86_400_000;
/** How long a failure is remembered once its rest is over: the next one within this time rests for twice as long. */
const FAILURE_MEMORY_MS = 86_400_000;

/** Those that still say something: their rest lasts, or a failure is not forgotten yet. */
export function liveCooldowns(status: BalancePolicyStatus, now: number): readonly CooldownEntry[] {
  return (status.cooldowns ?? []).filter(({ until, failures }) => {
    const end = Date.parse(until) + (failures > 0 ? FAILURE_MEMORY_MS : 0);
    return end > now;
  });
}

/** When the guest may be moved again, milliseconds since the epoch; undefined when it may be now. */
export function cooldownEnd(
  { cooldowns = [] }: Pick<BalancePolicyStatus, 'cooldowns'>,
  guest: { readonly vmid: number },
  now: number,
): number | undefined {
  const ends = cooldowns
    .filter(({ vmid }) => vmid === guest.vmid)
    .map(({ until }) => Date.parse(until))
    .filter((end) => end > now);
  return ends.length === 0 ? undefined : Math.max(...ends);
}

/**
 * The status without a rest that is longer than one that began now: the clock was set back since, the status was edited, or
 * the policy lets guests rest for less time than before.
 */
export function withinRest(
  status: BalancePolicyStatus,
  cooldownMs: number,
  now: number,
): BalancePolicyStatus {
  const cooldowns = (status.cooldowns ?? []).map((entry) => {
    const longest = now + longestRest(entry.failures, cooldownMs);
    return Date.parse(entry.until) > longest ? { ...entry, until: formatTime(longest) } : entry;
  });
  return { ...status, cooldowns };
}

/** The status with the rest that the end of a migration brings its guest; unchanged where it brings none. */
export function withCooldown(
  status: BalancePolicyStatus,
  { vmid, type }: Pick<MigrationEntry, 'vmid' | 'type'>,
  outcome: Outcome,
  cooldownMs: number,
  now: number,
): BalancePolicyStatus {
  const live = liveCooldowns(status, now);
  const others = live.filter((entry) => entry.vmid !== vmid);
  const failedBefore = live.find((entry) => entry.vmid === vmid)?.failures ?? 0;
  const failures = isFailure(outcome) ? Math.min(failedBefore + 1, MOST_FAILURES) : 0;
  const restMs = restOf(outcome, failures, cooldownMs);
  const entry: CooldownEntry = { vmid, type, until: formatTime(now + restMs), failures };
  const cooldowns = restMs > 0 ? [entry, ...others].slice(0, MOST_COOLDOWNS) : others;
  return { ...status, cooldowns };
}

function restOf(outcome: Outcome, failures: number, cooldownMs: number): number {
  // Nothing happened to the guest.
  return outcome === 'NotStarted' ? 0 : longestRest(failures, cooldownMs);
}

function longestRest(failures: number, cooldownMs: number): number {
  if (failures === 0) return cooldownMs;
  return Math.max(cooldownMs, exponentialBackoff(failures - 1, FIRST_REST_MS, LONGEST_REST_MS));
}

function isFailure(outcome: Outcome): boolean {
  return outcome === 'Failed' || outcome === 'Refused' || outcome === 'Unknown';
}
