import { type Assignment, cloneAssignment, copyAssignment, currentAssignment } from './assignment.ts';
import { complete } from './complete.ts';
import { at } from './element.ts';
import { bestOfEveryPlacement } from './every-placement.ts';
import { gather } from './gathering.ts';
import { improve, prune } from './improve.ts';
import { isBetter, isBetterWhateverItCosts, isSatisfied, spreadOf, worthOf } from './objective.ts';
import { type Order, orderSteps } from './order.ts';
import type { Problem } from './problem.ts';
import type { Search } from './search.ts';
import { findWindows, type Window, type Windows } from './window.ts';

/** How often what was found to be out of reach is left out of another search. */
const MOST_ATTEMPTS = 4;

/** How many candidates the search for something cheaper looks at, and for something good enough where there is none yet. */
const CANDIDATES = 150_000;
const OTHER_STARTS = 12;
const MORE_CANDIDATES = 800_000;

/** One search, and the order in which its goal is reached; undefined when that is no better than where it starts. */
export function searchRound(posed: Problem, search: Search): Order | undefined {
  const before = worthOf(currentAssignment(posed));
  if (isSatisfied(before)) return undefined;
  const problem = withCeiling(posed);
  const windows = findWindows(problem);
  const order = orderOfEvery(problem, windows.best) ?? straightened(problem, windows, search);
  return isBetterWhateverItCosts(worthOf(order.reached), before) ? order : undefined;
}

/** What rules and drained nodes need may make a cluster less even, nothing else. */
export function withCeiling(problem: Problem): Problem {
  const start = currentAssignment(problem);
  return start.unmet > 0 ? problem : { ...problem, ceiling: widestOf(start) };
}

/** In a cluster so small that every placement can be looked at, the cheapest way to the best that can be reached. */
function orderOfEvery(problem: Problem, window: Window): Order | undefined {
  let best: Order | undefined;
  for (const place of bestOfEveryPlacement(problem) ?? []) {
    const order = orderSteps(problem, place, window, Number.POSITIVE_INFINITY);
    if (!order.complete) continue;
    if (best !== undefined && isBetterWhateverItCosts(worthOf(best.reached), worthOf(order.reached))) break;
    if (best === undefined || costOf(problem, order) < costOf(problem, best)) best = order;
  }
  return best;
}

/** Of every step: a detour is paid for as well. */
function costOf({ moveCost }: Problem, { steps }: Order): number {
  return steps.reduce((sum, { unit }) => sum + at(moveCost, unit), 0);
}

/** A guest steps aside for another one only where there is no way without. */
function straightened(problem: Problem, windows: Windows, search: Search): Order {
  const order = orderOfSearch(problem, windows, search);
  const aside = order.steps.filter(({ detour }) => detour);
  if (aside.length === 0) return order;
  const held = new Uint8Array(problem.units.length);
  for (const { unit } of aside) held[unit] = 1;
  const { order: other } = searchFor(problem, windows, search, held);
  if (other.steps.some(({ detour }) => detour)) return order;
  return isBetterWhateverItCosts(worthOf(order.reached), worthOf(other.reached)) ? order : other;
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

function widestOf(assignment: Assignment): number {
  return assignment.problem.resources.reduce(
    (most, _, resource) => Math.max(most, spreadOf(assignment, resource)),
    0,
  );
}
