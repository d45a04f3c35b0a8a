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

/** Whether one more migration fits. A passage with unknown target may touch any node, so it counts on each. */
export function hasRoomFor(
  next: { readonly source: string; readonly target: string },
  underWay: readonly Passage[],
  limits: ConcurrencyLimits,
): boolean {
  if (underWay.length >= limits.total) return false;
  return [next.source, next.target].every((node) => passagesOf(node, underWay) < limits.perNode);
}

function passagesOf(node: string, underWay: readonly Passage[]): number {
  return underWay.filter(
    (passage) => passage.source === node || passage.target === node || passage.target === undefined,
  ).length;
}
