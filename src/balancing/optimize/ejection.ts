import { type Assignment, mayPlace, relocate } from './assignment.ts';
import { at } from './element.ts';

/** What is to go elsewhere so that a unit finds its place. */
interface Ejection {
  readonly unit: number;
  readonly refuge: number;
  readonly cost: number;
}

/**
 * Places a unit where it may go but another one is in its way: by its room, or by a rule that keeps the two apart. The
 * other one goes elsewhere. Gives false, and changes nothing, where no single one makes way.
 */
export function placeByEjection(assignment: Assignment, unit: number, held: Uint8Array): boolean {
  const { problem, place } = assignment;
  const onNode: number[][] = problem.nodes.map(() => []);
  for (let other = 0; other < place.length; other += 1) {
    if (held[other] !== 1 && other !== unit) onNode[at(place, other)]?.push(other);
  }
  let best: (Ejection & { readonly target: number }) | undefined;
  for (let target = 0; target < problem.nodes.length; target += 1) {
    if (target === at(place, unit) || !problem.permissions.mayGo(unit, target)) continue;
    const ejection = cheapestEjection(assignment, unit, target, onNode[target] ?? []);
    if (ejection !== undefined && (best === undefined || ejection.cost < best.cost))
      best = { ...ejection, target };
  }
  if (best === undefined) return false;
  relocate(assignment, best.unit, best.refuge);
  relocate(assignment, unit, best.target);
  return true;
}

function cheapestEjection(
  assignment: Assignment,
  unit: number,
  target: number,
  others: readonly number[],
): Ejection | undefined {
  const { problem, place } = assignment;
  const source = at(place, unit);
  let best: Ejection | undefined;
  for (const other of others) {
    const cost = at(problem.origin, other) === target ? at(problem.moveCost, other) : 0;
    if (best !== undefined && cost >= best.cost) continue;
    const before = assignment.cost;
    for (let refuge = 0; refuge < problem.nodes.length; refuge += 1) {
      if (refuge === target || refuge === source || !mayPlace(assignment, other, refuge)) continue;
      relocate(assignment, other, refuge);
      const makesWay = mayPlace(assignment, unit, target);
      relocate(assignment, other, target);
      assignment.cost = before;
      if (makesWay) best = { unit: other, refuge, cost };
      // Where it goes makes no difference to the place it leaves.
      break;
    }
  }
  return best;
}
