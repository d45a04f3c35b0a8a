import type { ClusterIndex } from '../cluster-index.ts';
import { type Assignment, at, mayPlace, relocate } from './assignment.ts';
import { type Members, memberFinder } from './membership.ts';
import { reliefOf } from './relief.ts';
import type { Unit } from './unit.ts';
import type { Window } from './window.ts';

/** Guests that a required rule wants on one node and that are on several; those of a rule that is kept do not move at all. */
export interface Gathering extends Members {
  readonly name: string;
}

export function findGatherings(
  units: readonly Unit[],
  nodeNames: readonly string[],
  index: ClusterIndex,
): readonly Gathering[] {
  const membersOf = memberFinder(units, nodeNames, index);
  return index.placementRules
    .filter(({ type, enforcement }) => type === 'Affinity' && enforcement === 'Required')
    .map(({ name, vmids }) => ({ name, ...membersOf(vmids) }))
    .filter(({ units: members }) => members.length > 0);
}

/** How many of its guests are not where most of them are. */
export function scatteredOf(gathering: Gathering, place: Int16Array): number {
  const onNode = membersByNode(gathering, place);
  return onNode.reduce((sum, count) => sum + count, 0) - Math.max(0, ...onNode);
}

/** How many guests fewer are apart from the others once the unit is on the target; negative where it parts them. */
export function gatheredBy(
  { place }: Assignment,
  gathering: Gathering,
  unit: number,
  target: number,
): number {
  if (!gathering.units.includes(unit)) return 0;
  const before = scatteredOf(gathering, place);
  const source = at(place, unit);
  place[unit] = target;
  const after = scatteredOf(gathering, place);
  place[unit] = source;
  return before - after;
}

export function membersByNode({ units, fixed }: Gathering, place: Int16Array): Int16Array {
  const onNode = Int16Array.from(fixed);
  for (const unit of units) onNode[at(place, unit)] = at(onNode, at(place, unit)) + 1;
  return onNode;
}

/**
 * Brings the guests of each such rule together where it costs least, and holds them wherever they are then: one by one
 * they could only be parted.
 */
export function gather(assignment: Assignment, window: Window, held: Uint8Array): void {
  for (const gathering of assignment.problem.gatherings) {
    const target = bestNode(assignment, window, gathering);
    for (const unit of gathering.units) {
      if (target !== undefined) relocate(assignment, unit, target);
      held[unit] = 1;
    }
  }
}

function bestNode(assignment: Assignment, window: Window, gathering: Gathering): number | undefined {
  const onNode = membersByNode(gathering, assignment.place);
  const most = Math.max(...onNode);
  let best: { readonly node: number; readonly cost: number; readonly relief: number } | undefined;
  for (let node = 0; node < onNode.length; node += 1) {
    // One that has fewer guests than the others less one would part them first.
    if (at(onNode, node) < most - 1) continue;
    const trial = tryToGather(assignment, window, gathering, node);
    if (trial === undefined) continue;
    const better =
      best === undefined ||
      trial.cost < best.cost - 1 ||
      (trial.cost < best.cost + 1 && trial.relief > best.relief);
    if (better) best = { node, ...trial };
  }
  return best?.node;
}

/** What it costs to have all of them there; undefined where they cannot be. */
function tryToGather(
  assignment: Assignment,
  window: Window,
  { units, fixed }: Gathering,
  node: number,
): { readonly cost: number; readonly relief: number } | undefined {
  if (fixed.some((count, other) => count > 0 && other !== node)) return undefined;
  const { problem, place, cost } = assignment;
  const before = units.map((unit) => at(place, unit));
  let relief = 0;
  const possible = units.every((unit) => {
    if (at(place, unit) === node) return problem.mustLeave[unit] !== true;
    if (!mayPlace(assignment, unit, node)) return false;
    relief += reliefOf(assignment, window, unit, node);
    relocate(assignment, unit, node);
    return true;
  });
  const added = assignment.cost - cost;
  units.forEach((unit, position) => {
    relocate(assignment, unit, before[position] ?? node);
  });
  assignment.cost = cost;
  return possible ? { cost: added, relief } : undefined;
}
