import { type Assignment, currentAssignment, relocate } from './assignment.ts';
import { at } from './element.ts';
import { isBetterWhateverItCosts, worthOf } from './objective.ts';
import { reachedBy, type Step } from './order.ts';
import type { Problem } from './problem.ts';
import { mayStep } from './waiting-units.ts';

/** In a longer way only guests that move several times are looked at. */
const SHORT_WAY = 60;

/**
 * The same way without steps that it does not need: one found in several rounds, or with detours, may lead a guest to and
 * fro, or move one for the sake of another that moves no more.
 */
export function withoutSpareSteps(problem: Problem, steps: readonly Step[]): readonly Step[] {
  const counts = new Map<number, number>();
  for (const { unit } of steps) counts.set(unit, (counts.get(unit) ?? 0) + 1);
  const isLong = steps.length > SHORT_WAY;
  const units = [...counts].flatMap(([unit, count]) => (isLong && count === 1 ? [] : [unit]));
  const dearestFirst = units.sort(
    (left, right) => at(problem.moveCost, right) - at(problem.moveCost, left) || left - right,
  );
  let way: Way = { steps, reached: reachedBy(problem, steps) };
  for (const unit of dearestFirst) {
    for (
      let shorter: Way | undefined = way;
      shorter !== undefined;
      shorter = shorterWay(problem, unit, way)
    ) {
      way = shorter;
    }
  }
  return way.steps;
}

interface Way {
  readonly steps: readonly Step[];
  readonly reached: Assignment;
}

/** The way without the unit's steps, or with two of them made one. */
function shorterWay(problem: Problem, unit: number, { steps, reached }: Way): Way | undefined {
  const others = steps.filter((step) => step.unit !== unit);
  if (others.length === steps.length) return undefined;
  const ways = [...(isNeeded(reached, unit) ? [] : [others]), ...waysWithJoint(steps, unit)];
  for (const candidate of ways) {
    const end = endOf(problem, candidate);
    if (end !== undefined) return { steps: candidate, reached: end };
  }
  return undefined;
}

/** Whether something would be worse at the end if the unit were where it came from. */
function isNeeded(reached: Assignment, unit: number): boolean {
  const place = at(reached.place, unit);
  const goal = worthOf(reached);
  relocate(reached, unit, at(reached.problem.origin, unit));
  const without = worthOf(reached);
  relocate(reached, unit, place);
  return isBetterWhateverItCosts(goal, without);
}

/** With two steps of the unit made one: all lead to the same end. */
function waysWithJoint(steps: readonly Step[], unit: number): readonly (readonly Step[])[] {
  const own = steps.flatMap((step, position) => (step.unit === unit ? [position] : []));
  return own.slice(1).flatMap((second, before) => {
    const first = own[before] ?? second;
    const [from, to] = [steps[first], steps[second]];
    if (from === undefined || to === undefined) return [];
    const joint = { ...to, source: from.source };
    const isStep = joint.source !== joint.target;
    return [first, second].map((position) =>
      steps.flatMap((step, index) => {
        if (index === position) return isStep ? [joint] : [];
        return index === first || index === second ? [] : [step];
      }),
    );
  });
}

/** Where the steps lead; undefined where one of them cannot be made. */
function endOf(problem: Problem, steps: readonly Step[]): Assignment | undefined {
  const reached = currentAssignment(problem);
  for (const { unit, target } of steps) {
    if (!mayStep(reached, unit, target)) return undefined;
    relocate(reached, unit, target);
  }
  return reached;
}
