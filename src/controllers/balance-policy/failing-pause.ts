import type { BalancePolicyStatus } from '../../api/generated/balance-policy.ts';
import { exponentialBackoff } from '../../lib/backoff.ts';
import { latestPast } from './past-times.ts';

/** From how many failures in a row on a policy pauses: then it is not the guests. */
const PAUSES_AFTER = 3;
const FIRST_PAUSE_MS = 600_000;
const LONGEST_PAUSE_MS = 21_600_000;

export interface FailingPause {
  readonly failures: number;
  /** Proxmox time, milliseconds: the history is in it. */
  readonly until: number;
}

/**
 * The pause of a policy whose newest migrations all failed; undefined when it has none, or it is over. After it one more
 * plan is tried, and another failure pauses for twice as long.
 */
export function failingPause(
  { history = [] }: BalancePolicyStatus,
  proxmoxTime: number,
): FailingPause | undefined {
  const telling = history.filter(({ outcome }) => outcome !== 'NotStarted' && outcome !== 'Superseded');
  const succeeded = telling.findIndex(({ outcome }) => outcome === 'Succeeded');
  const failures = succeeded < 0 ? telling.length : succeeded;
  if (failures < PAUSES_AFTER) return undefined;
  const ends = telling.slice(0, failures).map(({ endTime }) => Date.parse(endTime) || 0);
  const last = latestPast(ends, proxmoxTime);
  if (last === undefined) return undefined;
  const until = last + exponentialBackoff(failures - PAUSES_AFTER, FIRST_PAUSE_MS, LONGEST_PAUSE_MS);
  return until > proxmoxTime ? { failures, until } : undefined;
}
