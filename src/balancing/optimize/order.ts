import { type Assignment, currentAssignment, isApart, relocate, unmetChange } from './assignment.ts';
import { at } from './element.ts';
import { scatteredBy } from './membership.ts';
import type { Problem } from './problem.ts';
import { reliefOf } from './relief.ts';
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
  const waiting = new Set<number>();
  wanted.forEach((target, unit) => {
    if (target !== at(problem.origin, unit)) waiting.add(unit);
  });
  let detours = waiting.size;
  while (waiting.size > 0 && steps.length < mostSteps) {
    const unit = nextUnit(reached, wanted, window, waiting);
    if (unit !== undefined) {
      steps.push(take(reached, unit, at(wanted, unit), false));
      waiting.delete(unit);
      continue;
    }
    const aside = detours > 0 ? findDetour(reached, wanted, waiting) : undefined;
    if (aside === undefined) break;
    detours -= 1;
    steps.push(take(reached, aside.unit, aside.refuge, true));
  }
  return { ...withoutLooseEnds(problem, steps, reached), complete: waiting.size === 0 };
}

function take(reached: Assignment, unit: number, target: number, detour: boolean): Step {
  const source = at(reached.place, unit);
  relocate(reached, unit, target);
  return { unit, source, target, detour };
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
  const replayed = currentAssignment(problem);
  for (const { unit, target } of kept) relocate(replayed, unit, target);
  return { steps: kept, reached: replayed };
}

/** Of those that can go now the one that helps most. */
function nextUnit(
  reached: Assignment,
  wanted: Int16Array,
  window: Window,
  waiting: ReadonlySet<number>,
): number | undefined {
  let best: { readonly unit: number; readonly repairs: number; readonly relief: number } | undefined;
  for (const unit of waiting) {
    const target = at(wanted, unit);
    if (!mayStep(reached, unit, target)) continue;
    const repairs = -unmetChange(reached, unit, target);
    const relief = reliefOf(reached, window, unit, target);
    if (best === undefined || repairs > best.repairs || (repairs === best.repairs && relief > best.relief)) {
      best = { unit, repairs, relief };
    }
  }
  return best?.unit;
}

/** Whether the unit can go to the node now without breaking anything on the way. */
function mayStep(reached: Assignment, unit: number, target: number): boolean {
  const { problem, free } = reached;
  const demand = at(problem.room.demand, unit);
  return (
    (demand === 0 || at(free, target) >= demand) &&
    problem.permissions.mayGo(unit, target) &&
    isApart(reached, unit, target) &&
    staysTogether(reached, unit, target)
  );
}

function staysTogether({ problem, place, gathered }: Assignment, unit: number, target: number): boolean {
  const source = at(place, unit);
  return (problem.gatherings.ofUnit[unit] ?? []).every((group) => {
    const onNode = gathered[group];
    return onNode === undefined || scatteredBy(onNode, source, target) <= 0;
  });
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
