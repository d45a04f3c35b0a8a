import { type Cluster, type Guest, guestRoomBytes, type OnlineNode } from './cluster.ts';
import { describeGuestBlock, guestBlock, isExcludedNode, mayReceiveGuests } from './eligibility.ts';
import type { BalanceSettings, PlannedMigration } from './plan.ts';

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
  const source = cluster.nodes.find(({ name }) => name === migration.source);
  const block = guestBlock(guest, source, settings);
  if (block) return describeGuestBlock(block);
  return whyNoTarget(guest, migration.target, cluster, settings);
}

function whyNoTarget(
  guest: Guest,
  name: string,
  cluster: Cluster,
  settings: BalanceSettings,
): string | undefined {
  const target = cluster.nodes.find((node) => node.name === name);
  if (!target) return `the target ${name} is not in the cluster any more`;
  if (isExcludedNode(name, settings.exclusions)) return `the target ${name} is excluded`;
  if (target.availability !== 'Online') return `the target ${name} is not available: ${target.detail}`;
  if (!mayReceiveGuests(target)) return `the target ${name} has been up for less than 5 minutes`;
  if (memoryLeftBytes(target, cluster) < guestRoomBytes(guest)) {
    return `the target ${name} has no room for its memory any more`;
  }
  return undefined;
}

function memoryLeftBytes(target: OnlineNode, cluster: Cluster): number {
  const incoming = cluster.incoming
    .filter(({ node }) => node === target.name)
    .reduce((sum, { bytes }) => sum + bytes, 0);
  return target.figures.memoryTotalBytes - target.figures.memoryUsedBytes - incoming;
}
