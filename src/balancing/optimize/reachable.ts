/** Of one resource: what nodes have and hold, and what units take along. */
export interface Load {
  /** Of each node; above 0. */
  readonly capacity: Float64Array;
  /** Of each node, everything on it included. */
  readonly used: Float64Array;
  /** Of each unit. */
  readonly demand: Float64Array;
}

/** What bounds a node's load of one resource. */
interface Bounds {
  readonly capacity: number;
  /** With everything gone that may go. */
  readonly least: number;
  /** Infinity where guests may come. */
  readonly most: number;
}

/** Units that are so large that a spread may hang on them alone. */
const LARGEST = 3;
const STEPS = 30;

/**
 * The smallest spread that loads could be brought to if guests could be cut as one likes: below it nobody gets. What does
 * not move holds its node up, what takes no guests stays low, and a huge guest lifts whatever node it is on.
 *
 * @param counts By node: whether its load counts.
 * @param mayReceive By node.
 * @param origin By unit.
 */
export function smallestSpread(
  { capacity, used, demand }: Load,
  counts: readonly boolean[],
  mayReceive: readonly boolean[],
  origin: Int16Array,
): number {
  const movable = new Float64Array(capacity.length);
  demand.forEach((amount, unit) => {
    const node = origin[unit] ?? 0;
    movable[node] = (movable[node] ?? 0) + amount;
  });
  const bounds: Bounds[] = [];
  let total = 0;
  counts.forEach((counted, node) => {
    const [here, leaving] = [used[node] ?? 0, movable[node] ?? 0];
    total += counted ? here : leaving;
    if (!counted) return;
    const most = mayReceive[node] === true ? Number.POSITIVE_INFINITY : here;
    bounds.push({ capacity: capacity[node] ?? 1, least: Math.max(0, here - leaving), most });
  });
  const largest = [...demand].sort((left, right) => right - left).slice(0, LARGEST);
  return largest.reduce(
    (spread, amount) => Math.max(spread, spreadWith(bounds, total, amount)),
    spreadAt(bounds, total),
  );
}

/** With one unit of that size on the node where it does least harm. */
function spreadWith(bounds: readonly Bounds[], total: number, amount: number): number {
  let best = Number.POSITIVE_INFINITY;
  bounds.forEach((chosen, node) => {
    if (chosen.least + amount > chosen.most) return;
    const lifted = bounds.map((each, other) =>
      other === node ? { ...each, least: each.least + amount } : each,
    );
    best = Math.min(best, spreadAt(lifted, total));
  });
  return Number.isFinite(best) ? best : 0;
}

/** Fills all nodes to the level at which everything is placed. */
function spreadAt(bounds: readonly Bounds[], total: number): number {
  if (bounds.length < 2) return 0;
  const amountAt = ({ capacity, least, most }: Bounds, level: number) =>
    Math.min(most, Math.max(least, level * capacity));
  let [low, high] = [
    0,
    bounds.reduce((most, { capacity, least }) => Math.max(most, least / capacity), 1) + 1,
  ];
  for (let step = 0; step < STEPS; step += 1) {
    const level = (low + high) / 2;
    const placed = bounds.reduce((sum, each) => sum + amountAt(each, level), 0);
    if (placed < total) low = level;
    else high = level;
  }
  const shares = bounds.map((each) => amountAt(each, high) / each.capacity);
  return (
    shares.reduce((most, share) => Math.max(most, share)) -
    shares.reduce((least, share) => Math.min(least, share))
  );
}
