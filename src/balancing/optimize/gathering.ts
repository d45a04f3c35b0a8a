import type { ClusterIndex } from '../cluster-index.ts';
import { type Assignment, mayPlace, relocate } from './assignment.ts';
import { at } from './element.ts';
import { type Members, memberFinder, membersByNode, rulesOfUnits } from './membership.ts';
import type { Random } from './random.ts';
import { reliefOf } from './relief.ts';
import type { Unit } from './unit.ts';
import type { Window } from './window.ts';

/** Guests that a required rule wants on one node and that are on several; those of a rule that is kept do not move at all. */
export interface Gathering extends Members {
  readonly name: string;
}

export interface Gatherings {
  readonly groups: readonly Gathering[];
  /** By unit: those that it belongs to. */
  readonly ofUnit: readonly (readonly number[])[];
}

export function findGatherings(
  units: readonly Unit[],
  nodeNames: readonly string[],
  index: ClusterIndex,
): Gatherings {
  const membersOf = memberFinder(units, nodeNames, index);
  const groups = index.placementRules
    .filter(({ type, enforcement }) => type === 'Affinity' && enforcement === 'Required')
    .map(({ name, vmids }) => ({ name, ...membersOf(vmids) }))
    .filter(({ units: members }) => members.length > 0);
  return { groups, ofUnit: rulesOfUnits(units.length, groups) };
}

/**
 * Brings the guests of each such rule together where it costs least, and holds them wherever they are then: one by one
 * they could only be parted.
 *
 * @param random Has them come together elsewhere at times, for another try: what else has to move depends on it.
 */
export function gather(
  assignment: Assignment,
  window: Window,
  held: Uint8Array,
  random: Random | undefined,
): void {
  for (const gathering of assignment.problem.gatherings.groups) {
    // One of them is out of reach: they stay as they are.
    const stays = gathering.units.some((unit) => held[unit] === 1);
    const target = stays ? undefined : bestNode(assignment, window, gathering, random);
    for (const unit of gathering.units) {
      if (target !== undefined) relocate(assignment, unit, target);
      held[unit] = 1;
    }
  }
}

function bestNode(
  assignment: Assignment,
  window: Window,
  gathering: Gathering,
  random: Random | undefined,
): number | undefined {
  const onNode = membersByNode(gathering, assignment.place);
  const most = Math.max(...onNode);
  let best: { readonly node: number; readonly cost: number; readonly relief: number } | undefined;
  for (let node = 0; node < onNode.length; node += 1) {
    // One that has fewer guests than the others less one would part them first.
    if (at(onNode, node) < most - 1) continue;
    const trial = tryToGather(assignment, window, gathering, node);
    if (trial === undefined) continue;
    const cost = random === undefined ? trial.cost : trial.cost * random();
    const better =
      best === undefined || cost < best.cost - 1 || (cost < best.cost + 1 && trial.relief > best.relief);
    if (better) best = { node, cost, relief: trial.relief };
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
