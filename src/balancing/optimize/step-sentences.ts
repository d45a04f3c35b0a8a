import { percentText } from '../../lib/percent.ts';
import type { Resource } from '../plan.ts';
import { type Assignment, currentAssignment, relocate } from './assignment.ts';
import { at } from './element.ts';
import { scattered } from './membership.ts';
import { spreadOf } from './objective.ts';
import { reachedBy, type Step } from './order.ts';
import type { Problem } from './problem.ts';
import { sharesOf } from './spread.ts';
import { unfulfilled } from './wishes.ts';

/** For each step a sentence that says what it is for and what it gains, as things are when it is made. */
export function describeSteps(problem: Problem, steps: readonly Step[]): readonly string[] {
  const before = currentAssignment(problem);
  const after = currentAssignment(problem);
  const end = reachedBy(problem, steps);
  return steps.map((step, position) => {
    relocate(after, step.unit, step.target);
    const purpose =
      ruleOf(before, end, step) ??
      wishOf(before, end, step) ??
      (isEvening(before, after, step) ? 'evens out the load' : undefined) ??
      sacrificeOf(problem, step, steps.slice(position + 1));
    const sentence = `${purpose}: ${effectOf(before, after, step)}`;
    relocate(before, step.unit, step.target);
    return sentence;
  });
}

/** What of rules and drained nodes the step restores. */
function ruleOf(
  before: Assignment,
  end: Assignment,
  { unit, source, target, detour }: Step,
): string | undefined {
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
  if (crowd) return `${crowd.name} keeps it apart from others on ${from}`;
  const gathering = (problem.gatherings.ofUnit[unit] ?? []).find((group) =>
    isMeeting(before.gathered[group], end.gathered[group], target),
  );
  if (gathering === undefined) return undefined;
  return `rule '${problem.gatherings.groups[gathering]?.name}' wants it with others on ${problem.nodes[target]?.name}`;
}

/** Whether guests of a rule are brought together on the node. */
function isMeeting(before: Int16Array | undefined, end: Int16Array | undefined, node: number): boolean {
  if (before === undefined || end === undefined || scattered(end) >= scattered(before)) return false;
  return end.every((count) => count <= at(end, node));
}

function wishOf(before: Assignment, end: Assignment, { unit }: Step): string | undefined {
  if (isUneven(before)) return undefined;
  const { wishes, ofUnit } = before.problem.wishes;
  const granted = (ofUnit[unit] ?? [])
    .flatMap((each) => wishes[each] ?? [])
    .find((wish) => unfulfilled(wish, end.place) < unfulfilled(wish, before.place));
  return granted && `rule '${granted.name}' prefers it elsewhere`;
}

/** Whether anything is out of tolerance at all. */
function isUneven(assignment: Assignment): boolean {
  return assignment.problem.resources.some(({ aim }, resource) => spreadOf(assignment, resource) > aim);
}

/** Whether its two nodes come closer in some resource. */
function isEvening(before: Assignment, after: Assignment, { source, target }: Step): boolean {
  const distances = (assignment: Assignment) => {
    const there = sharesOf(assignment, target);
    return sharesOf(assignment, source).map((share, resource) => Math.abs(share - (there[resource] ?? 0)));
  };
  const then = distances(after);
  return distances(before).some((distance, resource) => (then[resource] ?? 0) < distance);
}

/** What a step is for that does no good by itself. */
function sacrificeOf({ nodes }: Problem, { source }: Step, later: readonly Step[]): string {
  return later.some(({ target }) => target === source)
    ? `makes room on ${nodes[source]?.name} for another guest`
    : 'helps together with other migrations of the plan';
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
