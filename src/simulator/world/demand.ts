/** What a guest asks for over time: values at times after the scenario's start. */
export interface Demand {
  /** `steps`: a value holds until the next point. `ramp`: straight lines between the points. */
  readonly shape: 'steps' | 'ramp';
  /** Ascending in time, at least one. Before the first point its value holds, after the last one that one's. */
  readonly points: readonly { readonly atMs: number; readonly value: number }[];
}

export function constantDemand(value: number): Demand {
  return { shape: 'steps', points: [{ atMs: 0, value }] };
}

export function demandAt(demand: Demand, elapsedMs: number): number {
  let previous = demand.points[0];
  for (const point of demand.points) {
    if (point.atMs > elapsedMs) {
      if (demand.shape === 'steps' || !previous || previous.atMs >= point.atMs) break;
      const share = Math.max(0, elapsedMs - previous.atMs) / (point.atMs - previous.atMs);
      return previous.value + (point.value - previous.value) * share;
    }
    previous = point;
  }
  return previous?.value ?? 0;
}
