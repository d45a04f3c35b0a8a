import type { Assignment } from './assignment.ts';
import { at } from './element.ts';
import type { Window } from './window.ts';

/** How far outside of its window a node is, all resources together. */
export function penaltyOf(assignment: Assignment, window: Window, node: number): number {
  return penaltyWith(assignment, window, node, 0, 0);
}

/** The same if the unit's demand were added so many times: once for its coming, -1 times for its leaving. */
export function penaltyWith(
  { problem, used }: Assignment,
  { low, high, weight }: Window,
  node: number,
  unit: number,
  times: number,
): number {
  const { demand } = problem;
  const count = weight.length;
  let sum = 0;
  for (let resource = 0; resource < count; resource += 1) {
    const here = node * count + resource;
    const amount = at(used, here) + times * at(demand, unit * count + resource);
    sum += outside(amount, at(low, here), at(high, here)) * at(weight, resource);
  }
  return sum;
}

/** By how much the nodes come closer to their windows when the unit goes from where it is to the target. */
export function reliefOf(assignment: Assignment, window: Window, unit: number, target: number): number {
  const source = at(assignment.place, unit);
  return (
    penaltyOf(assignment, window, source) -
    penaltyWith(assignment, window, source, unit, -1) +
    penaltyOf(assignment, window, target) -
    penaltyWith(assignment, window, target, unit, 1)
  );
}

/** More than this no node has from the unit's coming or leaving. */
export function mostReliefOf({ problem }: Assignment, { weight }: Window, unit: number): number {
  const { demand } = problem;
  let sum = 0;
  for (let resource = 0; resource < weight.length; resource += 1) {
    sum += at(demand, unit * weight.length + resource) * at(weight, resource);
  }
  return sum;
}

/** What two units that change places do for the two nodes. */
export function exchangeReliefOf(
  { problem, used, place }: Assignment,
  { low, high, weight }: Window,
  unit: number,
  other: number,
): number {
  const { demand } = problem;
  const count = weight.length;
  const source = at(place, unit) * count;
  const target = at(place, other) * count;
  let sum = 0;
  for (let resource = 0; resource < count; resource += 1) {
    const net = at(demand, unit * count + resource) - at(demand, other * count + resource);
    const [here, there] = [source + resource, target + resource];
    sum +=
      (outside(at(used, here), at(low, here), at(high, here)) -
        outside(at(used, here) - net, at(low, here), at(high, here)) +
        outside(at(used, there), at(low, there), at(high, there)) -
        outside(at(used, there) + net, at(low, there), at(high, there))) *
      at(weight, resource);
  }
  return sum;
}

function outside(amount: number, low: number, high: number): number {
  if (amount > high) return amount - high;
  return amount < low ? low - amount : 0;
}
