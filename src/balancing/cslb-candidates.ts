import { describeTargetBlock } from './block-sentences.ts';
import type { Guest } from './cluster.ts';
import type { ClusterIndex } from './cluster-index.ts';
import type { Receivers } from './cslb-moves.ts';
import { skippedGuest } from './movable-guests.ts';
import type { Participant } from './participant.ts';
import type { BalanceSettings, SkippedGuest } from './plan.ts';
import { targetBlock } from './target-block.ts';

export interface Candidates {
  /** The same nodes, those that guests should leave with only the guests that some target may take. */
  readonly participants: readonly Participant[];
  readonly skipped: readonly SkippedGuest[];
}

/**
 * Leaves out the guests of heavy nodes that no target may take, whatever room it has: they are no candidates, so that the
 * next lightest is. The reason given is that of the lightest target. Where there is no target at all, none is left out, and
 * the reason is why the lightest of the lighter nodes is none.
 */
export function withoutStranded(
  participants: readonly Participant[],
  isHeavy: (node: Participant) => boolean,
  { targets, lighter }: Receivers,
  index: ClusterIndex,
  settings: BalanceSettings,
): Candidates {
  const skipped: SkippedGuest[] = [];
  const receivers = targets.length === 0 ? lighter : targets;
  if (receivers.length === 0) return { participants, skipped };
  const remaining = participants.map((participant) => {
    if (!isHeavy(participant)) return participant;
    const movable = participant.movable.filter((guest) => {
      const stranded = strandedGuest(guest, receivers, index, settings);
      if (stranded) skipped.push(stranded);
      return targets.length === 0 || stranded === undefined;
    });
    return movable.length === participant.movable.length ? participant : { ...participant, movable };
  });
  return { participants: remaining, skipped };
}

function strandedGuest(
  guest: Guest,
  targets: readonly Participant[],
  index: ClusterIndex,
  settings: BalanceSettings,
): SkippedGuest | undefined {
  let first: SkippedGuest | undefined;
  for (const { node } of targets) {
    const block = targetBlock(guest, node, index, settings);
    if (block === undefined || block.kind === 'NoRoom') return undefined;
    first ??= skippedGuest(guest, block.kind, describeTargetBlock(block, node.name));
  }
  return first;
}
