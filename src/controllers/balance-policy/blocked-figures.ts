import type { BlockReason } from '../../api/block-reasons.ts';
import type { BlockedEntry } from '../../api/generated/balance-policy.ts';
import type { SkippedGuest } from '../../balancing/plan.ts';
import { shorten } from '../conditions.ts';

// The CRD's bounds.
const MOST_REASONS = 40;
const MOST_EXAMPLES = 5;
const LONGEST_NAME = 64;

/** Guests that may not move, counted by reason. @param skipped By VMID. */
export function blockedFigures(skipped: readonly SkippedGuest[]): BlockedEntry[] {
  const byReason = new Map<BlockReason, SkippedGuest[]>();
  for (const guest of skipped) {
    const others = byReason.get(guest.block);
    if (others) others.push(guest);
    else byReason.set(guest.block, [guest]);
  }
  return [...byReason]
    .sort(([left, some], [right, others]) => others.length - some.length || (left < right ? -1 : 1))
    .slice(0, MOST_REASONS)
    .map(([reason, guests]) => ({
      reason,
      count: guests.length,
      examples: guests
        .slice(0, MOST_EXAMPLES)
        .map(({ vmid, name }) => ({ vmid, name: shorten(name, LONGEST_NAME) })),
    }));
}
