import type { Cluster, Guest } from './cluster.ts';
import { describeGuestBlock, guestBlock } from './eligibility.ts';
import type { BalanceSettings, SkippedGuest } from './plan.ts';

export interface SortedGuests {
  /** By the name of their node. */
  readonly movable: ReadonlyMap<string, readonly Guest[]>;
  /** By VMID. */
  readonly skipped: readonly SkippedGuest[];
}

/** Parts the guests that run (or at least occupy their node, like a paused one) into those that may move and the rest. */
export function sortGuests(cluster: Cluster, settings: BalanceSettings): SortedGuests {
  const nodes = new Map(cluster.nodes.map((node) => [node.name, node]));
  const movable = new Map<string, Guest[]>();
  const skipped: SkippedGuest[] = [];
  for (const guest of cluster.guests) {
    if (guest.status === 'stopped' || guest.template) continue;
    const block = guestBlock(guest, nodes.get(guest.node), settings);
    if (block !== undefined) {
      skipped.push({ vmid: guest.vmid, name: guest.name, reason: describeGuestBlock(block) });
      continue;
    }
    const beside = movable.get(guest.node);
    if (beside === undefined) movable.set(guest.node, [guest]);
    else beside.push(guest);
  }
  return { movable, skipped: skipped.sort((left, right) => left.vmid - right.vmid) };
}
