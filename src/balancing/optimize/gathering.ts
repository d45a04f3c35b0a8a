import type { ClusterIndex } from '../cluster-index.ts';
import { type Assignment, mayPlace, relocate } from './assignment.ts';
import { at } from './element.ts';
import { guestsByNode, guestsOf, type Members, memberFinder, rulesOfUnits, scattered } from './membership.ts';
import type { Problem } from './problem.ts';
import { type Random, randomBelow } from './random.ts';
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
 * Brings the guests of each such rule together, as many of them as can be, where it costs least, and holds them there: one
 * by one they could only be parted. Those that are left alone do no harm elsewhere, and stay free to go.
 *
 * @param random Has them come together elsewhere at times, for another try: what else has to move depends on it.
 */
export function gather(
  assignment: Assignment,
  window: Window,
  held: Uint8Array,
  random: Random | undefined,
): void {
  const { groups, ofUnit } = assignment.problem.gatherings;
  const stages = Uint8Array.from(groups, (group) => (isAnchored(group, held) ? ANCHORED : WAITING));
  const waiting = [...groups.keys()];
  for (let left = groups.length; left > 0; left -= 1) {
    const drawn = random && waiting.splice(randomBelow(left, random), 1)[0];
    const next = drawn ?? nextOf(stages);
    const gathering = groups[next];
    if (gathering === undefined) return;
    stages[next] = DONE;
    const best = bestNode(assignment, window, gathering, held, random);
    for (const unit of best?.units ?? []) relocate(assignment, unit, best?.node ?? 0);
    const onNode = guestsByNode(gathering, assignment.place);
    const most = Math.max(...onNode);
    for (const unit of gathering.units) {
      if (most <= 1 || at(onNode, at(assignment.place, unit)) !== most) continue;
      held[unit] = 1;
      for (const other of ofUnit[unit] ?? []) if (stages[other] === WAITING) stages[other] = ANCHORED;
    }
  }
}

const WAITING = 0;
/** Some of its guests stay where they are. */
const ANCHORED = 1;
const DONE = 2;

function isAnchored({ units, fixed }: Gathering, held: Uint8Array): boolean {
  return fixed.some((count) => count > 0) || units.some((unit) => held[unit] === 1);
}

/** Rules that share guests follow each other. */
function nextOf(stages: Uint8Array): number {
  const anchored = stages.indexOf(ANCHORED);
  return anchored === -1 ? stages.indexOf(WAITING) : anchored;
}

interface Meeting {
  readonly node: number;
  /** Those that come. */
  readonly units: readonly number[];
  /** How many guests are elsewhere then. */
  readonly absent: number;
  readonly cost: number;
  readonly relief: number;
}

function bestNode(
  assignment: Assignment,
  window: Window,
  gathering: Gathering,
  held: Uint8Array,
  random: Random | undefined,
): Meeting | undefined {
  const onNode = guestsByNode(gathering, assignment.place);
  const most = Math.max(...onNode);
  const now = { guests: onNode.reduce((sum, count) => sum + count, 0), absent: scattered(onNode) };
  if (now.absent === 0) return undefined;
  const largest = Math.max(1, ...gathering.several.values());
  let best: Meeting | undefined;
  for (const node of random === undefined ? hostsFirst(onNode) : onNode.keys()) {
    // The first to come would part others.
    if (at(onNode, node) < most - largest) continue;
    if (best !== undefined && random === undefined && !mayBeat(assignment, gathering, node, held, now, best))
      continue;
    const found = meetingAt(assignment, window, gathering, node, held, now);
    if (found === undefined) continue;
    const meeting = random === undefined ? found : { ...found, cost: found.cost * random() };
    if (best === undefined || isBetterMeeting(meeting, best)) best = meeting;
  }
  return best;
}

/** Where some of them are already it is mostly cheapest. */
function hostsFirst(onNode: Int16Array): readonly number[] {
  const nodes = [...onNode.keys()];
  return [...nodes.filter((node) => at(onNode, node) > 0), ...nodes.filter((node) => at(onNode, node) === 0)];
}

/** Whether the node would be better if all that are free to go could come; with fewer it is worse. To find out is cheap. */
function mayBeat(
  { problem, place }: Assignment,
  gathering: Gathering,
  node: number,
  held: Uint8Array,
  { guests }: Now,
  best: Meeting,
): boolean {
  let absent = guests - at(gathering.fixed, node);
  let cost = 0;
  for (const unit of gathering.units) {
    const from = at(place, unit);
    if (from !== node && held[unit] === 1) continue;
    absent -= guestsOf(gathering, unit);
    if (from === node) continue;
    const home = at(problem.origin, unit);
    if (from === home) cost += at(problem.moveCost, unit);
    if (node === home) cost -= at(problem.moveCost, unit);
  }
  return absent < best.absent || (absent === best.absent && cost < best.cost + 1);
}

function isBetterMeeting(one: Meeting, than: Meeting): boolean {
  if (one.absent !== than.absent) return one.absent < than.absent;
  return one.cost < than.cost - 1 || (one.cost < than.cost + 1 && one.relief > than.relief);
}

/** Who can come to the node, and what it costs; undefined where that leaves as many elsewhere as are now. */
function meetingAt(
  assignment: Assignment,
  window: Window,
  gathering: Gathering,
  node: number,
  held: Uint8Array,
  { guests, absent: now }: Now,
): Meeting | undefined {
  const { problem, place, cost } = assignment;
  const units: number[] = [];
  const origins: number[] = [];
  let relief = 0;
  let absent = guests - at(gathering.fixed, node);
  for (const unit of gathering.units) {
    const from = at(place, unit);
    if (from === node) {
      if (!mustLeave(problem, unit, node)) absent -= guestsOf(gathering, unit);
      continue;
    }
    if (held[unit] === 1 || !mayPlace(assignment, unit, node)) continue;
    absent -= guestsOf(gathering, unit);
    relief += reliefOf(assignment, window, unit, node);
    units.push(unit);
    origins.push(from);
    relocate(assignment, unit, node);
  }
  const added = assignment.cost - cost;
  units.forEach((unit, position) => {
    relocate(assignment, unit, origins[position] ?? node);
  });
  assignment.cost = cost;
  return absent < now ? { node, units, absent, cost: added, relief } : undefined;
}

/** How many guests a rule has, and how many of them are not where most are. */
interface Now {
  readonly guests: number;
  readonly absent: number;
}

function mustLeave(problem: Problem, unit: number, node: number): boolean {
  return problem.mustLeave[unit] === true && node === at(problem.origin, unit);
}
