import { type Assignment, currentAssignment, relocate } from './assignment.ts';
import { at } from './element.ts';
import { isBetterWhateverItCosts, spreadOf, worthOf } from './objective.ts';
import { type Order, orderSteps, reachedBy, type Step } from './order.ts';
import type { Problem } from './problem.ts';
import { penaltyOf } from './relief.ts';
import type { Search } from './search.ts';
import { takeBestStep } from './step.ts';
import type { Window } from './window.ts';

const ROUNDING = 1e-9;

/**
 * As much of the way to `whole` as fits into so many steps and is worth it by itself; undefined where nothing that short is.
 */
export function partialWay(
  problem: Problem,
  whole: Assignment,
  window: Window,
  search: Search,
  mostSteps: number,
): Order | undefined {
  const cut = orderSteps(problem, whole.place, window, mostSteps);
  return (
    worthwhilePart(problem, cut.steps, window) ??
    worthwhilePart(problem, plainSteps(problem, window, search, mostSteps), window)
  );
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

function isAnyGood(reached: Assignment, start: Assignment, window: Window): boolean {
  if (reached.unmet < start.unmet) return true;
  const penalty = (assignment: Assignment) =>
    assignment.problem.nodes.reduce((sum, _, node) => sum + penaltyOf(assignment, window, node), 0);
  return (
    penalty(reached) < penalty(start) - ROUNDING || isBetterWhateverItCosts(worthOf(reached), worthOf(start))
  );
}
