import { type Assignment, currentAssignment, relocate } from './assignment.ts';
import { at } from './element.ts';
import { isBetter, worthOf } from './objective.ts';
import type { Step } from './order.ts';
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
  let kept = steps;
  let reached = endOf(problem, kept);
  for (;;) {
    const shorter = firstShorter(problem, dearestFirst, kept, reached);
    if (shorter === undefined) return kept;
    kept = shorter.steps;
    reached = shorter.reached;
  }
}

interface Way {
  readonly steps: readonly Step[];
  readonly reached: Assignment;
}

function firstShorter(
  problem: Problem,
  units: readonly number[],
  steps: readonly Step[],
  goal: Assignment | undefined,
): Way | undefined {
  if (goal === undefined) return undefined;
  for (const unit of units) {
    for (const candidate of shorterWays(steps, unit)) {
      const reached = endOf(problem, candidate);
      if (reached !== undefined && isAsGood(reached, goal)) return { steps: candidate, reached };
    }
  }
  return undefined;
}

/** Without the unit's steps, or with two of them made one. */
function shorterWays(steps: readonly Step[], unit: number): readonly (readonly Step[])[] {
  const own = steps.flatMap((step, position) => (step.unit === unit ? [position] : []));
  if (own.length === 0) return [];
  const ways = [steps.filter((step) => step.unit !== unit)];
  own.slice(1).forEach((second, before) => {
    const first = own[before] ?? second;
    const [from, to] = [steps[first], steps[second]];
    if (from === undefined || to === undefined) return;
    const joined = { ...to, source: from.source };
    const isStep = joined.source !== joined.target;
    for (const position of [first, second]) {
      const way = steps.flatMap((step, index) => {
        if (index === position) return isStep ? [joined] : [];
        return index === first || index === second ? [] : [step];
      });
      ways.push(way);
    }
  });
  return ways;
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

function isAsGood(reached: Assignment, goal: Assignment): boolean {
  return !isBetter({ ...worthOf(goal), cost: 0 }, { ...worthOf(reached), cost: 0 });
}
