import type { Problem } from './problem.ts';

/** Where every unit is, and what follows from it. Changed in place by `relocate` alone. */
export interface Assignment {
  readonly problem: Problem;
  /** By unit. */
  readonly place: Int16Array;
  /** By resource, then by node. */
  readonly used: readonly Float64Array[];
  /** By node: memory that may still be given away; negative where a node has more than it should. */
  readonly free: Float64Array;
  /** By apart group, then by node: how many of its guests are there. */
  readonly apart: readonly Int16Array[];
  /** Of everything that is not where it was. */
  cost: number;
}

/** Everything where it is. */
export function currentAssignment(problem: Problem): Assignment {
  const { origin, resources, room, apart } = problem;
  const counts = apart.groups.map(({ fixed, units }) => {
    const onNode = Int16Array.from(fixed);
    for (const unit of units) {
      const node = at(origin, unit);
      onNode[node] = at(onNode, node) + 1;
    }
    return onNode;
  });
  return {
    problem,
    place: Int16Array.from(origin),
    used: resources.map(({ used }) => Float64Array.from(used)),
    free: Float64Array.from(room.free),
    apart: counts,
    cost: 0,
  };
}

/** Makes `target` equal to `source`. */
export function copyAssignment(source: Assignment, target: Assignment): void {
  target.place.set(source.place);
  source.used.forEach((used, resource) => {
    target.used[resource]?.set(used);
  });
  target.free.set(source.free);
  source.apart.forEach((counts, group) => {
    target.apart[group]?.set(counts);
  });
  target.cost = source.cost;
}

export function cloneAssignment(source: Assignment): Assignment {
  const target = currentAssignment(source.problem);
  copyAssignment(source, target);
  return target;
}

export function relocate(assignment: Assignment, unit: number, target: number): void {
  const { problem, place, used, free, apart } = assignment;
  const source = at(place, unit);
  if (source === target) return;
  place[unit] = target;
  problem.resources.forEach(({ demand }, resource) => {
    const amounts = used[resource];
    if (amounts === undefined) return;
    amounts[source] = at(amounts, source) - at(demand, unit);
    amounts[target] = at(amounts, target) + at(demand, unit);
  });
  const bytes = at(problem.room.demand, unit);
  free[source] = at(free, source) + bytes;
  free[target] = at(free, target) - bytes;
  for (const group of problem.apart.ofUnit[unit] ?? []) {
    const counts = apart[group];
    if (counts === undefined) continue;
    counts[source] = at(counts, source) - 1;
    counts[target] = at(counts, target) + 1;
  }
  const home = at(problem.origin, unit);
  if (source === home) assignment.cost += at(problem.moveCost, unit);
  if (target === home) assignment.cost -= at(problem.moveCost, unit);
}

/** Whether the unit may be put on another node as everything is placed now. */
export function mayPlace(assignment: Assignment, unit: number, target: number): boolean {
  const { problem, free, place } = assignment;
  const demand = at(problem.room.demand, unit);
  if (target === at(problem.origin, unit)) {
    if (at(place, unit) === target) return true;
    // Back where it was: no fuller than the node was before anything moved.
    const before = Math.min(0, at(problem.room.free, target));
    return (
      problem.mustLeave[unit] !== true &&
      at(free, target) - demand >= before - SLACK_BYTES &&
      isApart(assignment, unit, target)
    );
  }
  return (
    (demand === 0 || at(free, target) >= demand) &&
    problem.permissions.mayGo(unit, target) &&
    isApart(assignment, unit, target)
  );
}

// Sums of doubles taken apart again differ by less.
const SLACK_BYTES = 1;

/** Whether no rule keeps the unit apart from one that is on the node. */
export function isApart({ problem, apart, place }: Assignment, unit: number, target: number): boolean {
  const groups = problem.apart.ofUnit[unit];
  if (groups === undefined || groups.length === 0) return true;
  const own = at(place, unit) === target ? 1 : 0;
  for (const group of groups) {
    const counts = apart[group];
    if (counts !== undefined && at(counts, target) - own > 0) return false;
  }
  return true;
}

/** An element that is there. */
export function at(values: Float64Array | Int16Array, index: number): number {
  return values[index] ?? 0;
}
