import { type Assignment, currentAssignment, relocate } from './assignment.ts';
import { at } from './element.ts';
import type { Problem } from './problem.ts';
import { createWaitingUnits, mayStep } from './waiting-units.ts';
import type { Window } from './window.ts';

/** One migration of a plan, in the order in which they are made. */
export interface Step {
  readonly unit: number;
  readonly source: number;
  readonly target: number;
  /** It goes on from there later: it only makes room. */
  readonly detour: boolean;
}

export interface Order {
  readonly steps: readonly Step[];
  /** Where everything is after them. */
  readonly reached: Assignment;
  /** Whether all units are where they were wanted. */
  readonly complete: boolean;
}

/**
 * An order in which each unit comes to where `wanted` has it, so that at each step the target has room for it and no rule
 * is broken that was not. First what puts rules right, then what leaves nodes that are to be left, then what evens out the
 * loads most. Where all that is left wait for each other, one of them steps aside; what cannot be reached is left out.
 */
export function orderSteps(problem: Problem, wanted: Int16Array, window: Window, mostSteps: number): Order {
  const reached = currentAssignment(problem);
  const steps: Step[] = [];
  const waiting = createWaitingUnits(reached, wanted, window);
  let detours = waiting.units.size;
  while (waiting.units.size > 0 && steps.length < mostSteps) {
    const unit = waiting.next();
    const aside = unit === undefined && detours > 0 ? findDetour(reached, wanted, waiting.units) : undefined;
    if (aside) detours -= 1;
    const step = unit === undefined ? aside : { unit, refuge: at(wanted, unit) };
    if (step === undefined) break;
    const source = at(reached.place, step.unit);
    steps.push({ unit: step.unit, source, target: step.refuge, detour: unit === undefined });
    relocate(reached, step.unit, step.refuge);
    waiting.moved(step.unit, source, step.refuge);
  }
  return { ...withoutLooseEnds(problem, steps, reached), complete: waiting.units.size === 0 };
}

/** A detour at the very end has made room for nothing. */
function withoutLooseEnds(
  problem: Problem,
  steps: readonly Step[],
  reached: Assignment,
): Pick<Order, 'steps' | 'reached'> {
  const last = steps.findLastIndex(({ detour }) => !detour);
  if (last === steps.length - 1) return { steps, reached };
  const kept = steps.slice(0, last + 1);
  return { steps: kept, reached: reachedBy(problem, kept) };
}

/** Where everything is after these steps. */
export function reachedBy(problem: Problem, steps: readonly Step[]): Assignment {
  const reached = currentAssignment(problem);
  for (const { unit, target } of steps) relocate(reached, unit, target);
  return reached;
}

/** The cheapest unit that steps aside to a node that it does not belong on, so that another one can go where it is wanted. */
function findDetour(
  reached: Assignment,
  wanted: Int16Array,
  waiting: ReadonlySet<number>,
): { readonly unit: number; readonly refuge: number } | undefined {
  const { problem, place } = reached;
  const byCost = [...waiting].sort(
    (left, right) => at(problem.moveCost, left) - at(problem.moveCost, right) || left - right,
  );
  for (const unit of byCost) {
    const source = at(place, unit);
    for (let refuge = 0; refuge < problem.nodes.length; refuge += 1) {
      if (refuge === source || refuge === at(wanted, unit) || !mayStep(reached, unit, refuge)) continue;
      if (!problem.permissions.mayGoOn(unit, refuge, at(wanted, unit))) continue;
      const { cost } = reached;
      relocate(reached, unit, refuge);
      const helps = byCost.some(
        (other) =>
          other !== unit && at(wanted, other) === source && mayStep(reached, other, at(wanted, other)),
      );
      relocate(reached, unit, source);
      reached.cost = cost;
      if (helps) return { unit, refuge };
    }
  }
  return undefined;
}
