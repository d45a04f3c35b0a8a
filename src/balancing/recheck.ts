import { standsFor } from '../lib/shortened-text.ts';
import { describeGuestBlock, describeTargetBlock } from './block-sentences.ts';
import type { Cluster, Guest } from './cluster.ts';
import { type ClusterIndex, indexCluster } from './cluster-index.ts';
import { guestBlock } from './guest-block.ts';
import type { BalanceSettings, Companion, PlannedMigration } from './plan.ts';
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
  if (!isSameGuest(guest, migration)) {
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
  const targetsBlock = targetBlock(guest, target, index, settings, companions);
  return targetsBlock && describeTargetBlock(targetsBlock, target.name);
}

function companionsOf(guest: Guest, index: ClusterIndex): readonly Guest[] {
  if (guest.ha === undefined) return [];
  return index.movesWith(guest.vmid).flatMap((vmid) => index.guest(vmid) ?? []);
}

function isSameGroup(companions: readonly Guest[], migration: PlannedMigration): boolean {
  const planned = new Map(migration.companions.map((each) => [each.vmid, each]));
  return (
    companions.length === planned.size &&
    companions.every((each) => isSameGuest(each, planned.get(each.vmid)))
  );
}

/** A plan that waited for approval may have the name shortened. */
function isSameGuest({ type, name }: Guest, planned: Pick<Companion, 'type' | 'name'> | undefined): boolean {
  return planned !== undefined && planned.type === type && standsFor(planned.name, name);
}
