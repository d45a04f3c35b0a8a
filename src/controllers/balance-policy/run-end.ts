import type { StoredPolicy } from '../resources.ts';
import type { PolicyCycle } from './policy-cycle.ts';
import type { Run } from './policy-memory.ts';
import { windowState } from './windows.ts';

/**
 * Drops what is left of the run once it may begin nothing more, and says whether it did. What was posted is settled in any case.
 *
 * @param identity Of the physical cluster at hand.
 */
export function endRunIfStopped(
  cycle: Pick<PolicyCycle, 'memory' | 'record' | 'announce' | 'clock'>,
  identity: string,
): boolean {
  const { memory, record, clock } = cycle;
  const why = memory.run && whyStopped(memory.run, record.policy, identity, clock.now());
  if (why === undefined) return false;
  dropRun(cycle, why);
  return true;
}

export function dropRun({ memory, announce }: Pick<PolicyCycle, 'memory' | 'announce'>, why: string): void {
  const count = memory.run?.remaining.length ?? 0;
  if (count > 0) announce.dropped(count, why);
  memory.run = undefined;
}

/** A run lives as long as the spec and the physical cluster it was planned for, and the record that says so. */
function whyStopped(
  run: Run,
  { metadata, spec, status }: StoredPolicy,
  identity: string,
  now: number,
): string | undefined {
  if (metadata.deletionTimestamp !== undefined) return 'the policy is being deleted';
  if (spec.suspend) return 'the policy was suspended';
  if (run.generation !== metadata.generation) return 'the policy was changed';
  if (run.identity !== identity) return 'the PveCluster is another physical cluster now';
  if (windowState(spec.windows, now).kind === 'Closed') return 'the window of the policy has closed';
  // The evaluation that made the plan stored it; without it our entries are gone as well, and with them the limits.
  if (status?.lastEvaluationTime === undefined) return 'the status of the policy was wiped';
  return undefined;
}
