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
  const failures = isFailure(outcome) ? (live.find((entry) => entry.vmid === vmid)?.failures ?? 0) + 1 : 0;
  const restMs = restOf(outcome, failures, cooldownMs);
  const entry: CooldownEntry = { vmid, type, until: formatTime(now + restMs), failures };
  const cooldowns = restMs > 0 ? [entry, ...others].slice(0, MOST_COOLDOWNS) : others;
  return { ...status, cooldowns };
}

function restOf(outcome: Outcome, failures: number, cooldownMs: number): number {
  // Nothing happened to the guest.
  if (outcome === 'NotStarted') return 0;
  if (failures === 0) return cooldownMs;
  return Math.max(cooldownMs, exponentialBackoff(failures - 1, FIRST_REST_MS, LONGEST_REST_MS));
}

function isFailure(outcome: Outcome): boolean {
  return outcome === 'Failed' || outcome === 'Refused' || outcome === 'Unknown';
}
