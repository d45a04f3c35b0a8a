import { describeGuestBlock, describeTargetBlock } from './block-sentences.ts';
import { type Cluster, type Guest, guestRoomBytes } from './cluster.ts';
import { type ClusterIndex, indexCluster } from './cluster-index.ts';
import { guestBlock } from './guest-block.ts';
import type { BalanceSettings, PlannedMigration } from './plan.ts';
import { memoryRoomBytes, targetBlock } from './target-block.ts';

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
  const companions = companionsOf(guest, index);
  if (!isSameGroup(companions, migration)) return 'Proxmox HA would move other guests along than planned';
  for (const moved of [guest, ...companions]) {
    const targetsBlock = targetBlock(moved, target, index, settings);
    if (targetsBlock) return describeTargetBlock(targetsBlock, target.name);
  }
  if (target.availability !== 'Online') return undefined;
  const demand = [guest, ...companions].reduce((sum, each) => sum + guestRoomBytes(each), 0);
  const room = memoryRoomBytes(target, index, settings.placement);
  return companions.length > 0 && room < demand
    ? describeTargetBlock({ kind: 'NoRoom' }, target.name)
    : undefined;
}

function companionsOf(guest: Guest, index: ClusterIndex): readonly Guest[] {
  if (guest.ha === undefined) return [];
  return index.movesWith(guest.vmid).flatMap((vmid) => index.guest(vmid) ?? []);
}

function isSameGroup(companions: readonly Guest[], migration: PlannedMigration): boolean {
  const planned = new Set(migration.companions.map(({ vmid }) => vmid));
  return companions.length === planned.size && companions.every(({ vmid }) => planned.has(vmid));
}
