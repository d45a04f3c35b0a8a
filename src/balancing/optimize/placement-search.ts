import { type Assignment, copyAssignment, currentAssignment } from './assignment.ts';
import { complete } from './complete.ts';
import { gather } from './gathering.ts';
import { improve, prune } from './improve.ts';
import { isBetter, isSatisfied, type Worth, worthOf } from './objective.ts';
import { type Order, orderSteps } from './order.ts';
import { type Problem, placedAnew } from './problem.ts';
import type { Search } from './search.ts';
import { chooseWindow } from './window.ts';

/** How often a placement that leaves something to wish for is taken as the start of another search. */
const MOST_ROUNDS = 4;

export interface FoundPlacement {
  /** The way there, as far as the number of steps allows. */
  readonly order: Order;
  /** Where the whole way leads. */
  readonly whole: Assignment;
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
  let from = problem;
  let found: Order | undefined;
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const next = searchOnce(from, search);
    if (next === undefined) break;
    const merged = orderSteps(problem, next.reached.place, chooseWindow(problem), Number.POSITIVE_INFINITY);
    // Where the way to the second goal does not lead through the first any more, the first stands.
    if (found !== undefined && !isBetterIgnoringCost(merged.reached, found.reached)) break;
    found = merged;
    if (isSatisfied(worthOf(found.reached))) break;
    from = placedAnew(problem, found.reached.place);
  }
  if (found === undefined) return undefined;
  const whole = found.reached;
  if (found.steps.length <= mostSteps) return { order: found, whole };
  return { order: orderSteps(problem, whole.place, chooseWindow(problem), mostSteps), whole };
}

/** One search, and the order in which its goal is reached; undefined when that is no better than where it starts. */
function searchOnce(problem: Problem, search: Search): Order | undefined {
  const start = currentAssignment(problem);
  const before = worthOf(start);
  if (isSatisfied(before)) return undefined;
  const window = chooseWindow(problem);
  const held = new Uint8Array(problem.units.length);
  const greedy = currentAssignment(problem);
  gather(greedy, window, held);
  complete({ assignment: greedy, window, search, held, noise: 0 });
  const best = currentAssignment(problem);
  copyAssignment(greedy, best);
  prune(best, held, search);
  improve(best, held, search);
  const order = orderSteps(problem, best.place, window, Number.POSITIVE_INFINITY);
  // The greedy placement was made step by step, so that it can be reached where a dearer one cannot.
  const other = order.complete
    ? undefined
    : orderSteps(problem, greedy.place, window, Number.POSITIVE_INFINITY);
  const chosen = better(order, other);
  return isBetterIgnoring(worthOf(chosen.reached), before) ? chosen : undefined;
}

function better(order: Order, other: Order | undefined): Order {
  return other !== undefined && isBetter(worthOf(other.reached), worthOf(order.reached)) ? other : order;
}

function isBetterIgnoringCost(one: Assignment, than: Assignment): boolean {
  return isBetterIgnoring(worthOf(one), worthOf(than));
}

function isBetterIgnoring(one: Worth, than: Worth): boolean {
  return isBetter({ ...one, cost: 0 }, { ...than, cost: 0 });
}
