import { createHash } from 'node:crypto';
import type { PlannedMigration } from '../../balancing/plan.ts';

/** Names exactly one plan: the generation it was made for, and a digest over policy, time and moves. */
export function planId(
  policyUid: string,
  generation: number,
  planTime: string,
  migrations: readonly PlannedMigration[],
): string {
  const moves = migrations.map(({ vmid, type, source, target, companions }) => [
    vmid,
    type,
    source,
    target,
    ...companions.map((each) => each.vmid),
  ]);
  const digest = createHash('sha256')
    .update(JSON.stringify([policyUid, planTime, moves]))
    .digest('hex');
  return `${generation}-${digest.slice(0, 12)}`;
}
