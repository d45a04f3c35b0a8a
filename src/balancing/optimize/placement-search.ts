import {
  type Assignment,
  cloneAssignment,
  copyAssignment,
  currentAssignment,
  relocate,
} from './assignment.ts';
import { complete } from './complete.ts';
import { at } from './element.ts';
import { bestOfEveryPlacement } from './every-placement.ts';
import { gather } from './gathering.ts';
import { improve, prune } from './improve.ts';
import { isBetter, isSatisfied, spreadOf, type Worth, worthOf } from './objective.ts';
import { type Order, orderSteps, reachedBy, type Step } from './order.ts';
import { hasLeaversBeside, type Problem, placedAnew, withoutLeavers } from './problem.ts';
import { penaltyOf } from './relief.ts';
import type { Search } from './search.ts';
import { withoutSpareSteps } from './spare-steps.ts';
import { takeBestStep } from './step.ts';
import { findWindows, type Window, type Windows } from './window.ts';

/** How often a placement that leaves something to wish for is taken as the start of another search. */
const MOST_ROUNDS = 8;
/** How often what was found to be out of reach is left out of another search. */
const MOST_ATTEMPTS = 4;

/** How many candidates the search for something cheaper looks at, and for something good enough where there is none yet. */
const CANDIDATES = 150_000;
const OTHER_STARTS = 12;
const MORE_CANDIDATES = 800_000;

export interface FoundPlacement {
  /** The way there, as far as the number of steps allows; undefined where no part of it that short helps. */
  readonly order: Order | undefined;
  /** Where the whole way leads. */
  readonly whole: Assignment;
  /** How many steps the whole way has. */
  readonly length: number;
}

/**
 * The cheapest placement found that is as good as can be, with the order in which it is reached; undefined when nothing
 * better than the present one was found. Searching on from where it leads finds nothing.
 */
export function searchPlacement(
  problem: Problem,
  search: Search,
  mostSteps: number,
): FoundPlacement | undefined {
  const windows = findWindows(problem);
  let from = problem;
  let found: Order | undefined;
  let hopes = true;
  for (let round = 0; round < MOST_ROUNDS && !(round > 0 && search.isStopped()); round += 1) {
    const next = searchOnce(from, search.again());
    if (next !== undefined) {
      found = joined({ ...problem, resources: from.resources }, found, next, windows.best);
      if (isSatisfied(worthOf(found.reached))) break;
      from = placedAnew(problem, found.reached);
    }
    const stuck = hasLeaversBeside(from);
    if (next === undefined && !(hopes && stuck)) break;
    hopes = false;
    if (stuck) from = withoutLeavers(from);
  }
  if (found === undefined) return undefined;
  const whole = found.reached;
  const { length } = found.steps;
  if (length <= mostSteps) return { order: found, whole, length };
  const cut = orderSteps(problem, whole.place, windows.best, mostSteps);
  const order =
    worthwhilePart(problem, cut.steps, windows.best) ??
    worthwhilePart(problem, plainSteps(problem, windows.best, search.again(), mostSteps), windows.best);
  return { order, whole, length };
}

/** The way to where the second one leads: straight if there is one, else the one after the other. */
function joined(problem: Problem, first: Order | undefined, second: Order, window: Window): Order {
  const straight = orderSteps(problem, second.reached.place, window, Number.POSITIVE_INFINITY);
  if (straight.complete) return { ...wayOf(problem, straight.steps), complete: true };
  return wayOf(problem, [...(first?.steps ?? []), ...second.steps]);
}

function wayOf(problem: Problem, steps: readonly Step[]): Order {
  const kept = withoutSpareSteps(withCeiling(problem), steps);
  return { steps: kept, reached: reachedBy(problem, kept), complete: false };
}

/** What helps most at once, one step after the other, where the way to the best begins with what helps nobody yet. */
function plainSteps(problem: Problem, window: Window, search: Search, mostSteps: number): readonly Step[] {
  const reached = currentAssignment(problem);
  // One by one, guests that are to be together could be parted.
  const held = Uint8Array.from(problem.units, (_, unit) => (problem.gatherings.ofUnit[unit]?.length ? 1 : 0));
  const steps: Step[] = [];
  for (;;) {
    const before = Int16Array.from(reached.place);
    if (!takeBestStep({ assignment: reached, window, search, held, noise: 0 })) return steps;
    const moved = [...before.keys()].filter((unit) => before[unit] !== reached.place[unit]);
    const [unit] = moved;
    // Two that change places need more than a step.
    if (unit === undefined || moved.length > 1 || steps.length >= mostSteps) return steps;
    steps.push({ unit, source: at(before, unit), target: at(reached.place, unit), detour: false });
    held[unit] = 1;
  }
}

/** As many of the first steps as leave nothing worse than it was; what helps most comes first. */
function worthwhilePart(problem: Problem, steps: readonly Step[], window: Window): Order | undefined {
  const start = currentAssignment(problem);
  const reached = currentAssignment(problem);
  let length = 0;
  steps.forEach(({ unit, target }, position) => {
    relocate(reached, unit, target);
    if (isNoWorse(reached, start) && isAnyGood(reached, start, window)) length = position + 1;
  });
  if (length === 0) return undefined;
  const kept = steps.slice(0, length);
  return { steps: kept, reached: reachedBy(problem, kept), complete: false };
}

function isNoWorse(reached: Assignment, start: Assignment): boolean {
  if (reached.unmet !== start.unmet) return reached.unmet < start.unmet;
  return start.problem.resources.every(
    (_, resource) => spreadOf(reached, resource) <= spreadOf(start, resource) + ROUNDING,
  );
}

function widestOf(assignment: Assignment): number {
  return assignment.problem.resources.reduce(
    (most, _, resource) => Math.max(most, spreadOf(assignment, resource)),
    0,
  );
}

function isAnyGood(reached: Assignment, start: Assignment, window: Window): boolean {
  if (reached.unmet < start.unmet) return true;
  const penalty = (assignment: Assignment) =>
    assignment.problem.nodes.reduce((sum, _, node) => sum + penaltyOf(assignment, window, node), 0);
  return penalty(reached) < penalty(start) - ROUNDING || isBetterIgnoringCost(reached, start);
}

const ROUNDING = 1e-9;

/** One search, and the order in which its goal is reached; undefined when that is no better than where it starts. */
function searchOnce(posed: Problem, search: Search): Order | undefined {
  const before = worthOf(currentAssignment(posed));
  if (isSatisfied(before)) return undefined;
  const problem = withCeiling(posed);
  const windows = findWindows(problem);
  const order = orderOfEvery(problem, windows.best) ?? orderOfSearch(problem, windows, search);
  return isBetterIgnoring(worthOf(order.reached), before) ? order : undefined;
}

/** What rules and drained nodes need may make a cluster less even, nothing else. */
function withCeiling(problem: Problem): Problem {
  const start = currentAssignment(problem);
  return start.unmet > 0 ? problem : { ...problem, ceiling: widestOf(start) };
}

/** In a cluster so small that every placement can be looked at, the cheapest way to the best that can be reached. */
function orderOfEvery(problem: Problem, window: Window): Order | undefined {
  let best: Order | undefined;
  for (const place of bestOfEveryPlacement(problem) ?? []) {
    const order = orderSteps(problem, place, window, Number.POSITIVE_INFINITY);
    if (!order.complete) continue;
    if (best !== undefined && isBetterIgnoringCost(best.reached, order.reached)) break;
    if (best === undefined || costOf(problem, order) < costOf(problem, best)) best = order;
  }
  return best;
}

/** Of every step: a detour is paid for as well. */
function costOf({ moveCost }: Problem, { steps }: Order): number {
  return steps.reduce((sum, { unit }) => sum + at(moveCost, unit), 0);
}

/** What no way leads to is given up, and the rest searched for anew. */
function orderOfSearch(problem: Problem, windows: Windows, search: Search): Order {
  const held = new Uint8Array(problem.units.length);
  let best: Order | undefined;
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
    const { order, wanted } = searchFor(problem, windows, search, held);
    best = best === undefined ? order : better(best, order);
    if (order.complete || search.isStopped()) break;
    wanted.forEach((node, unit) => {
      if (at(order.reached.place, unit) !== node) held[unit] = 1;
    });
  }
  return best ?? { steps: [], reached: currentAssignment(problem), complete: true };
}

function searchFor(
  problem: Problem,
  windows: Windows,
  search: Search,
  holding: Uint8Array,
): { readonly order: Order; readonly wanted: Int16Array } {
  const window = windows.best;
  const held = Uint8Array.from(holding);
  const greedy = currentAssignment(problem);
  search.allow(Number.POSITIVE_INFINITY);
  gather(greedy, window, held, undefined);
  complete({ assignment: greedy, window, search, held, noise: 0 });
  search.allow(CANDIDATES);
  const best = bestStart(greedy, holding, held, windows, search);
  improve(best, held, windows, search);
  if (!isSatisfied(worthOf(best))) {
    search.allow(MORE_CANDIDATES);
    improve(best, held, windows, search);
  }
  const order = orderSteps(problem, best.place, window, Number.POSITIVE_INFINITY);
  if (order.complete) return { order, wanted: best.place };
  // The greedy placement was made step by step, so that it can be reached where a cheaper one cannot.
  const other = orderSteps(problem, greedy.place, window, Number.POSITIVE_INFINITY);
  return { order: { ...better(order, other), complete: false }, wanted: best.place };
}

/**
 * The best of the greedy placement and some others like it, without the moves that are not needed.
 *
 * @param held Changed to those that are held in it.
 */
function bestStart(
  greedy: Assignment,
  holding: Uint8Array,
  held: Uint8Array,
  windows: Windows,
  search: Search,
): Assignment {
  const best = cloneAssignment(greedy);
  prune(best, held, search);
  let worth = worthOf(best);
  for (let start = 0; start < OTHER_STARTS && !search.isOver(); start += 1) {
    const other = currentAssignment(greedy.problem);
    const gathered = Uint8Array.from(holding);
    gather(other, windows.best, gathered, start % 2 === 0 ? undefined : search.random);
    complete({
      assignment: other,
      window: windows.shifted(search.random),
      search,
      held: gathered,
      noise: 0.3,
    });
    prune(other, gathered, search);
    const found = worthOf(other);
    if (!isBetter(found, worth)) continue;
    worth = found;
    copyAssignment(other, best);
    held.set(gathered);
  }
  return best;
}

function better(order: Order, other: Order): Order {
  return isBetter(worthOf(other.reached), worthOf(order.reached)) ? other : order;
}

function isBetterIgnoringCost(one: Assignment, than: Assignment): boolean {
  return isBetterIgnoring(worthOf(one), worthOf(than));
}

function isBetterIgnoring(one: Worth, than: Worth): boolean {
  return isBetter({ ...one, cost: 0 }, { ...than, cost: 0 });
}
