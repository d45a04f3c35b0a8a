import { describeGuestBlock } from './block-sentences.ts';
import type { Cluster, Guest } from './cluster.ts';
import type { ClusterIndex } from './cluster-index.ts';
import { isDrained } from './exclusions.ts';
import { guestBlock } from './guest-block.ts';
import type { BalanceSettings, SkippedGuest } from './plan.ts';

export interface SortedGuests {
  /** By the name of their node. */
  readonly movable: ReadonlyMap<string, readonly Guest[]>;
  readonly skipped: readonly SkippedGuest[];
}

/**
 * Parts the guests that run (or occupy their node, like a paused one, or are to leave a drained one) into those that may
 * move and the rest, to which templates belong.
 */
export function sortGuests(cluster: Cluster, index: ClusterIndex, settings: BalanceSettings): SortedGuests {
  const movable = new Map<string, Guest[]>();
  const skipped: SkippedGuest[] = [];
  for (const guest of cluster.guests) {
    if (isAtRest(guest, settings)) continue;
    const block = guestBlock(guest, index, settings);
    if (block !== undefined) {
      skipped.push(skippedGuest(guest, block.kind, describeGuestBlock(block)));
      continue;
    }
    const beside = movable.get(guest.node);
    if (beside === undefined) movable.set(guest.node, [guest]);
    else beside.push(guest);
  }
  return { movable, skipped };
}

export function skippedGuest(guest: Guest, block: SkippedGuest['block'], reason: string): SkippedGuest {
  const { vmid, name, node } = guest;
  return { vmid, name, node, block, reason };
}

/** A stopped guest, where nobody wants it elsewhere. */
function isAtRest(guest: Guest, { strategy, placement }: BalanceSettings): boolean {
  const { status, template, node } = guest;
  return status === 'stopped' && !template && !(strategy === 'Optimize' && isDrained(node, placement));
}
