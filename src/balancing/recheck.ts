import { describeGuestBlock, describeTargetBlock } from './block-sentences.ts';
import type { Cluster } from './cluster.ts';
import { indexCluster } from './cluster-index.ts';
import { guestBlock } from './guest-block.ts';
import type { BalanceSettings, PlannedMigration } from './plan.ts';
import { targetBlock } from './target-block.ts';

/**
 * Why a migration planned on an earlier state may not be begun on this one; undefined when it may. Safety only: whether it
 * still improves the balance was the plan's question.
 */
export function whyNoLongerPossible(
  migration: PlannedMigration,
  cluster: Cluster,
  settings: BalanceSettings,
): string | undefined {
  const guest = cluster.guests.find(({ vmid }) => vmid === migration.vmid);
  if (!guest) return 'the guest is gone or cannot be read';
  if (guest.type !== migration.type || guest.name !== migration.name) {
    return `VMID ${guest.vmid} is now another guest (${guest.type} '${guest.name}')`;
  }
  if (guest.node !== migration.source) return `the guest is on ${guest.node} now`;
  const index = indexCluster(cluster, settings.placement);
  const block = guestBlock(guest, index, settings);
  if (block) return describeGuestBlock(block);
  const target = index.node(migration.target);
  if (!target) return `${migration.target} is not in the cluster any more`;
  const targetsBlock = targetBlock(guest, target, index, settings);
  return targetsBlock && describeTargetBlock(targetsBlock, target.name);
}
