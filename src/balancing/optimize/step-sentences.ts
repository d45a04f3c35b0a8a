import { percentText } from '../../lib/percent.ts';
import type { Resource } from '../plan.ts';
import { type Assignment, currentAssignment, relocate } from './assignment.ts';
import { at } from './element.ts';
import { spreadOf } from './objective.ts';
import type { Step } from './order.ts';
import type { Problem } from './problem.ts';
import { sharesOf } from './spread.ts';

/** For each step a sentence that says what it is for and what it gains, as things are when it is made. */
export function describeSteps(problem: Problem, steps: readonly Step[]): readonly string[] {
  const before = currentAssignment(problem);
  const after = currentAssignment(problem);
  return steps.map((step) => {
    relocate(after, step.unit, step.target);
    const sentence = `${purposeOf(before, step)}: ${effectOf(before, after, step)}`;
    relocate(before, step.unit, step.target);
    return sentence;
  });
}

function purposeOf(before: Assignment, { unit, source, target, detour }: Step): string {
  const { problem, apart } = before;
  const from = problem.nodes[source]?.name;
  if (detour) return `makes room on ${from} for another guest and goes on later`;
  if (problem.mustLeave[unit] === true && source === at(problem.origin, unit)) {
    const rule = problem.forbiddenBy[unit];
    return rule === undefined ? `${from} is to be drained` : `${rule} does not allow ${from}`;
  }
  const crowd = (problem.apart.ofUnit[unit] ?? [])
    .filter((group) => at(apart[group] ?? new Int16Array(), source) > 1)
    .map((group) => problem.apart.groups[group])
    .find((group) => group?.repaired);
  if (crowd) return `rule '${crowd.name}' keeps it apart from others on ${from}`;
  const gathering = problem.gatherings.groups[problem.gatherings.ofUnit[unit]?.[0] ?? -1];
  if (gathering) return `rule '${gathering.name}' wants it with others on ${problem.nodes[target]?.name}`;
  const wish = (problem.wishes.ofUnit[unit] ?? []).map((each) => problem.wishes.wishes[each]).at(0);
  if (wish && !isUneven(before)) return `rule '${wish.name}' prefers it elsewhere`;
  return 'evens out the load';
}

/** Whether anything is out of tolerance at all. */
function isUneven(assignment: Assignment): boolean {
  return assignment.problem.resources.some(({ aim }, resource) => spreadOf(assignment, resource) > aim);
}

const NAMES: Readonly<Record<Resource, string>> = { cpu: 'CPU', memory: 'memory' };

function effectOf(before: Assignment, after: Assignment, { source, target }: Step): string {
  const { problem } = before;
  const changes = problem.resources.map(({ name }, resource) => ({
    name,
    from: [sharesOf(before, source)[resource] ?? 0, sharesOf(after, source)[resource] ?? 0] as const,
    to: [sharesOf(before, target)[resource] ?? 0, sharesOf(after, target)[resource] ?? 0] as const,
    spread: [spreadOf(before, resource), spreadOf(after, resource)] as const,
  }));
  return changes
    .map(({ name, from, to, spread }) => {
      const nodes = `${problem.nodes[source]?.name} ${course(from)}, ${problem.nodes[target]?.name} ${course(to)}`;
      return `${NAMES[name]} ${nodes}, spread ${course(spread)}`;
    })
    .join('; ');
}

function course([before, after]: readonly [number, number]): string {
  const [from, to] = [percentText(before), percentText(after)];
  return from === to ? from : `${from} to ${to}`;
}
