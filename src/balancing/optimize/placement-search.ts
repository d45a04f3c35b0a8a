import type { Assignment } from './assignment.ts';
import { isSatisfied, worthOf } from './objective.ts';
import { type Order, orderSteps, reachedBy, type Step } from './order.ts';
import { partialWay } from './partial-way.ts';
import { hasLeaversBeside, type Problem, placedAnew, withoutLeavers } from './problem.ts';
import type { Search } from './search.ts';
import { searchRound, withCeiling } from './search-round.ts';
import { withoutSpareSteps } from './spare-steps.ts';
import { findWindows, type Window } from './window.ts';

/** How often a placement that leaves something to wish for is taken as the start of another search. */
const MOST_ROUNDS = 8;

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
    const next = searchRound(from, search.again());
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
  const order = partialWay(problem, whole, windows.best, search.again(), mostSteps);
  return { order, whole, length };
}

/** The way to where the second one leads: straight if there is one, else the one after the other. */
function joined(problem: Problem, first: Order | undefined, second: Order, window: Window): Order {
  const straight =
    first === undefined && second.complete
      ? second
      : orderSteps(problem, second.reached.place, window, Number.POSITIVE_INFINITY);
  if (straight.complete) return { ...wayOf(problem, straight.steps), complete: true };
  return wayOf(problem, [...(first?.steps ?? []), ...second.steps]);
}

function wayOf(problem: Problem, steps: readonly Step[]): Order {
  const kept = withoutSpareSteps(withCeiling(problem), steps);
  return { steps: kept, reached: reachedBy(problem, kept), complete: false };
}
