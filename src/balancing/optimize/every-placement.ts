import { type Assignment, currentAssignment, relocate } from './assignment.ts';
import { at } from './element.ts';
import { guestsByNode, scattered } from './membership.ts';
import { isBetter, type Worth, worthOf } from './objective.ts';
import type { Problem } from './problem.ts';

/** Placements beyond which it is not tried to look at each. */
const MOST_PLACEMENTS = 20_000;
/** The best of them may not be reachable step by step. */
const KEPT = 30;

/**
 * The best placements of a cluster so small that each can be looked at, the best first; undefined for a larger one. Whether
 * there is a way to them is another question.
 */
export function bestOfEveryPlacement(problem: Problem): readonly Int16Array[] | undefined {
  const choices = choicesOf(problem);
  return choices && bestOf(problem, choices);
}

function bestOf(problem: Problem, choices: readonly (readonly number[])[]): readonly Int16Array[] {
  const start = currentAssignment(problem);
  const assignment = currentAssignment(problem);
  const best: { readonly worth: Worth; readonly place: Int16Array }[] = [];
  const threshold = worthOf(start);
  place(0);
  return best.map((found) => found.place);

  function place(unit: number): void {
    if (unit === choices.length) {
      keep();
      return;
    }
    for (const node of choices[unit] ?? []) {
      relocate(assignment, unit, node);
      place(unit + 1);
    }
    relocate(assignment, unit, at(problem.origin, unit));
  }

  function keep(): void {
    const worth = worthOf(assignment);
    if (!isBetter(worth, best[KEPT - 1]?.worth ?? threshold) || !isAllowed(assignment, start)) return;
    const position = best.findIndex((other) => isBetter(worth, other.worth));
    const found = { worth, place: Int16Array.from(assignment.place) };
    best.splice(position === -1 ? best.length : position, 0, found);
    if (best.length > KEPT) best.pop();
  }
}

/** By unit: where it may be; undefined where that gives too many placements. */
function choicesOf(problem: Problem): readonly (readonly number[])[] | undefined {
  const { units, nodes, origin, permissions } = problem;
  const choices: number[][] = [];
  let placements = 1;
  for (const unit of units.keys()) {
    const home = at(origin, unit);
    const stays = isGathered(problem, unit);
    const targets = [...nodes.keys()].filter(
      (node) => node === home || (!stays && permissions.mayGo(unit, node)),
    );
    placements *= targets.length;
    if (placements > MOST_PLACEMENTS) return undefined;
    choices.push(targets);
  }
  return choices;
}

/** Whether a rule wants it with others that it is with already, and that it could only leave one by one. */
function isGathered({ gatherings, origin }: Problem, unit: number): boolean {
  return (gatherings.ofUnit[unit] ?? []).some((each) => {
    const group = gatherings.groups[each];
    if (group === undefined) return false;
    const onNode = guestsByNode(group, origin);
    return scattered(onNode) === 0 && Math.max(...onNode) > 1;
  });
}

/** Whether no node is fuller than it may be, and no more guests are together that are to be apart. */
function isAllowed({ free, apart }: Assignment, start: Assignment): boolean {
  const hasRoom = free.every((bytes, node) => bytes >= Math.min(0, at(start.free, node)) - 1);
  return (
    hasRoom &&
    apart.every((onNode, group) =>
      onNode.every((members, node) => members <= Math.max(1, at(start.apart[group] ?? onNode, node))),
    )
  );
}
