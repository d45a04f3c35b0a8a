import { at } from './element.ts';
import { guestsByNode, guestsOf, type Members, scattered, scatteredBy, unitsByNode } from './membership.ts';
import type { Problem } from './problem.ts';

/** Where every unit is, and what follows from it. Changed in place by `relocate` alone. */
export interface Assignment {
  readonly problem: Problem;
  /** By unit. */
  readonly place: Int16Array;
  /** By node and resource, as `Problem.used`. */
  readonly used: Float64Array;
  /** By node: memory that may still be given away; negative where a node has more than it should. */
  readonly free: Float64Array;
  /** By apart group, then by node: how many of its units, and guests that are none, are there. */
  readonly apart: readonly Int16Array[];
  /** By gathering, then by node: how many of its guests are there. */
  readonly gathered: readonly Int16Array[];
  /** Of everything that is not where it was. */
  cost: number;
  /** Guests that have to leave where they are, and guests that are where required rules do not want them. */
  unmet: number;
}

/** Everything where it is. */
export function currentAssignment(problem: Problem): Assignment {
  const { origin, room, apart, gatherings } = problem;
  const parted = apart.groups.map((group) => unitsByNode(group, origin));
  const gathered = gatherings.groups.map((group) => guestsByNode(group, origin));
  const crowds = parted.map((onNode, group) => (apart.groups[group]?.repaired ? crowded(onNode) : 0));
  return {
    problem,
    place: Int16Array.from(origin),
    used: Float64Array.from(problem.used),
    free: Float64Array.from(room.free),
    apart: parted,
    gathered,
    cost: 0,
    unmet:
      sumOf(problem.leavers.map((unit) => misplacedWith(problem, unit))) +
      sumOf(crowds) +
      sumOf(gathered.map(scattered)),
  };
}

function crowded(onNode: Int16Array): number {
  return onNode.reduce((sum, count) => sum + Math.max(0, count - 1), 0);
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}

/** Makes `target` equal to `source`. */
export function copyAssignment(source: Assignment, target: Assignment): void {
  target.place.set(source.place);
  target.used.set(source.used);
  target.free.set(source.free);
  copyCounts(source.apart, target.apart);
  copyCounts(source.gathered, target.gathered);
  target.cost = source.cost;
  target.unmet = source.unmet;
}

function copyCounts(source: readonly Int16Array[], target: readonly Int16Array[]): void {
  source.forEach((counts, group) => {
    target[group]?.set(counts);
  });
}

export function cloneAssignment(source: Assignment): Assignment {
  const target = currentAssignment(source.problem);
  copyAssignment(source, target);
  return target;
}

export function relocate(assignment: Assignment, unit: number, target: number): void {
  const { problem, place, used, free, apart, gathered } = assignment;
  const source = at(place, unit);
  if (source === target) return;
  assignment.unmet += unmetChange(assignment, unit, target);
  place[unit] = target;
  const count = problem.resources.length;
  for (let resource = 0; resource < count; resource += 1) {
    const amount = at(problem.demand, unit * count + resource);
    const [here, there] = [source * count + resource, target * count + resource];
    used[here] = at(used, here) - amount;
    used[there] = at(used, there) + amount;
  }
  const bytes = at(problem.room.taken, unit);
  free[source] = at(free, source) + bytes;
  free[target] = at(free, target) - bytes;
  for (const group of problem.apart.ofUnit[unit] ?? []) countMove(apart[group], 1, source, target);
  for (const group of problem.gatherings.ofUnit[unit] ?? []) {
    countMove(gathered[group], gatheredWith(problem, group, unit), source, target);
  }
  const home = at(problem.origin, unit);
  if (source === home) assignment.cost += at(problem.moveCost, unit);
  if (target === home) assignment.cost -= at(problem.moveCost, unit);
}

/** By how much `unmet` grows when the unit goes to the target. */
export function unmetChange(assignment: Assignment, unit: number, target: number): number {
  const { problem, place, apart, gathered } = assignment;
  const source = at(place, unit);
  if (source === target) return 0;
  const home = at(problem.origin, unit);
  let change = 0;
  if (problem.mustLeave[unit] === true) {
    change += (Number(target === home) - Number(source === home)) * misplacedWith(problem, unit);
  }
  for (const group of problem.apart.ofUnit[unit] ?? []) {
    const onNode = apart[group];
    if (onNode === undefined || problem.apart.groups[group]?.repaired !== true) continue;
    change += Number(at(onNode, target) > 0) - Number(at(onNode, source) > 1);
  }
  for (const group of problem.gatherings.ofUnit[unit] ?? []) {
    const onNode = gathered[group];
    if (onNode !== undefined)
      change += scatteredBy(onNode, gatheredWith(problem, group, unit), source, target);
  }
  return change;
}

function misplacedWith({ misplaced }: Problem, unit: number): number {
  return misplaced[unit] ?? 1;
}

/** How many guests of a gathering move with the unit. */
export function gatheredWith({ gatherings }: Problem, group: number, unit: number): number {
  const gathering: Members | undefined = gatherings.groups[group];
  return gathering === undefined ? 1 : guestsOf(gathering, unit);
}

function countMove(counts: Int16Array | undefined, count: number, source: number, target: number): void {
  if (counts === undefined) return;
  counts[source] = at(counts, source) - count;
  counts[target] = at(counts, target) + count;
}

/** Whether the unit may be put on another node as everything is placed now. */
export function mayPlace(assignment: Assignment, unit: number, target: number): boolean {
  const { problem, free, place } = assignment;
  if (target === at(problem.origin, unit)) {
    if (at(place, unit) === target) return true;
    // Back where it was: no fuller than the node was before anything moved.
    const before = Math.min(0, at(problem.room.free, target));
    return (
      problem.mustLeave[unit] !== true &&
      at(free, target) - at(problem.room.taken, unit) >= before - SLACK_BYTES &&
      isApart(assignment, unit, target)
    );
  }
  return (
    hasRoom(assignment, unit, target) &&
    problem.permissions.mayGo(unit, target) &&
    isApart(assignment, unit, target)
  );
}

/** Whether the node has memory for the unit. One that does not run needs none, and not even a node that is not too full. */
export function hasRoom({ problem: { room }, free }: Assignment, unit: number, target: number): boolean {
  const demand = at(room.demand, unit);
  return at(free, target) >= demand || (demand === 0 && room.atRest[unit] === true);
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
