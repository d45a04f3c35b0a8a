import { type Assignment, at } from './assignment.ts';
import type { Window } from './window.ts';

/** How far outside of its window a node is, all resources together. */
export function penaltyOf(
  { problem, used }: Assignment,
  { low, high, weight }: Window,
  node: number,
): number {
  let sum = 0;
  for (let resource = 0; resource < problem.resources.length; resource += 1) {
    const [lows, highs, amounts] = [low[resource], high[resource], used[resource]];
    if (lows === undefined || highs === undefined || amounts === undefined) continue;
    sum += outside(at(amounts, node), at(lows, node), at(highs, node)) * at(weight, resource);
  }
  return sum;
}

/** By how much the nodes come closer to their windows when the unit goes from where it is to the target. */
export function reliefOf(assignment: Assignment, window: Window, unit: number, target: number): number {
  return shiftRelief(assignment, window, at(assignment.place, unit), target, unit, undefined);
}

/** The same of two units that change places. */
export function exchangeReliefOf(
  assignment: Assignment,
  window: Window,
  unit: number,
  other: number,
): number {
  const { place } = assignment;
  return shiftRelief(assignment, window, at(place, unit), at(place, other), unit, other);
}

function shiftRelief(
  { problem, used }: Assignment,
  { low, high, weight }: Window,
  source: number,
  target: number,
  unit: number,
  other: number | undefined,
): number {
  let sum = 0;
  for (let resource = 0; resource < used.length; resource += 1) {
    const amounts = used[resource];
    const lows = low[resource];
    const highs = high[resource];
    const load = problem.resources[resource];
    if (amounts === undefined || lows === undefined || highs === undefined || load === undefined) continue;
    const net = at(load.demand, unit) - (other === undefined ? 0 : at(load.demand, other));
    const here = at(amounts, source);
    const there = at(amounts, target);
    const lowHere = at(lows, source);
    const highHere = at(highs, source);
    const lowThere = at(lows, target);
    const highThere = at(highs, target);
    sum +=
      (outside(here, lowHere, highHere) -
        outside(here - net, lowHere, highHere) +
        outside(there, lowThere, highThere) -
        outside(there + net, lowThere, highThere)) *
      at(weight, resource);
  }
  return sum;
}

function outside(amount: number, low: number, high: number): number {
  if (amount > high) return amount - high;
  return amount < low ? low - amount : 0;
}
