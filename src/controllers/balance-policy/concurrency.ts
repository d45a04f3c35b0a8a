/** A migration under way, whoever started it; the target is unknown for some foreign ones. */
export interface Passage {
  readonly source: string;
  readonly target: string | undefined;
}

export interface ConcurrencyLimits {
  readonly total: number;
  /** Counts a node as source or target. */
  readonly perNode: number;
}

/**
 * Whether one more migration fits, of as many guests as move by it. A passage with unknown target may touch any node, so it
 * counts on each. Guests that move together and are more than the limits ever allow begin when nothing else is under way.
 */
export function hasRoomFor(
  next: { readonly source: string; readonly target: string; readonly companions?: readonly unknown[] },
  underWay: readonly Passage[],
  limits: ConcurrencyLimits,
): boolean {
  const count = 1 + (next.companions?.length ?? 0);
  if (count > 1 && count > Math.min(limits.total, limits.perNode)) return underWay.length === 0;
  if (underWay.length + count > limits.total) return false;
  return [next.source, next.target].every((node) => passagesOf(node, underWay) + count <= limits.perNode);
}

function passagesOf(node: string, underWay: readonly Passage[]): number {
  return underWay.filter(
    (passage) => passage.source === node || passage.target === node || passage.target === undefined,
  ).length;
}
