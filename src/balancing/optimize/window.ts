import { at } from './assignment.ts';
import type { Problem, ResourceLoad } from './problem.ts';
import type { Random } from './random.ts';

/**
 * Between which loads each node should be: for one resource, shares from some level up to the level and the tolerance.
 * A placement within its window is within the tolerance. The search aims at windows because they part the question by
 * nodes: what a node has above or below, it must give or get.
 */
export interface Window {
  /** By resource, then by node; without bounds for nodes that do not count. */
  readonly low: readonly Float64Array[];
  readonly high: readonly Float64Array[];
  /** By resource: what one unit of it outside of the window weighs. */
  readonly weight: Float64Array;
}

/**
 * The window that takes the least moving: as much is above it as below, so that what leaves one node can fill another.
 *
 * @param random Shifts levels and weights a little, for another try.
 */
export function chooseWindow(problem: Problem, random?: Random): Window {
  const low: Float64Array[] = [];
  const high: Float64Array[] = [];
  const weight = new Float64Array(problem.resources.length);
  problem.resources.forEach((load, resource) => {
    const best = balancedLevel(problem, load);
    const level = random === undefined ? best : shiftedLevel(problem, load, best, random);
    low.push(bounds(problem, load.capacity, level, Number.NEGATIVE_INFINITY));
    high.push(bounds(problem, load.capacity, level + load.aim, Number.POSITIVE_INFINITY));
    const stress = random === undefined ? 1 : 0.5 + 1.5 * random();
    weight[resource] = ((0.5 + load.share) * stress) / countedSum(problem, load.capacity);
  });
  return { low, high, weight };
}

function bounds(problem: Problem, capacity: Float64Array, share: number, none: number): Float64Array {
  return Float64Array.from(capacity, (total, node) => (problem.counts[node] === true ? total * share : none));
}

const BISECTIONS = 40;

function balancedLevel(problem: Problem, load: ResourceLoad): number {
  const leaving = leavingDemand(problem, load);
  let [lower, upper] = levelRange(problem, load);
  for (let step = 0; step < BISECTIONS; step += 1) {
    const level = (lower + upper) / 2;
    if (surplus(problem, load, level) + leaving > 0) lower = level;
    else upper = level;
  }
  return (lower + upper) / 2;
}

/** What is above a window of this level, less what is missing below it. */
function surplus({ counts }: Problem, { capacity, used, aim }: ResourceLoad, level: number): number {
  let sum = 0;
  for (let node = 0; node < used.length; node += 1) {
    if (counts[node] !== true) continue;
    const amount = at(used, node);
    const low = level * at(capacity, node);
    const high = (level + aim) * at(capacity, node);
    if (amount > high) sum += amount - high;
    else if (amount < low) sum -= low - amount;
  }
  return sum;
}

function shiftedLevel(problem: Problem, load: ResourceLoad, level: number, random: Random): number {
  const [lower, upper] = levelRange(problem, load);
  const shift = (random() + random() - 1) * 0.6 * load.aim;
  return Math.min(upper, Math.max(lower, level + shift));
}

/** The average is in every window that can be reached. */
function levelRange(problem: Problem, load: ResourceLoad): [number, number] {
  const amount = countedSum(problem, load.used) + leavingDemand(problem, load);
  const average = amount / countedSum(problem, load.capacity);
  return [average - load.aim, average];
}

/** What nodes that do not count have to give to those that do. */
function leavingDemand({ counts, mustLeave, origin }: Problem, { demand }: ResourceLoad): number {
  let sum = 0;
  for (let unit = 0; unit < demand.length; unit += 1) {
    if (mustLeave[unit] === true && counts[at(origin, unit)] !== true) sum += at(demand, unit);
  }
  return sum;
}

function countedSum({ counts }: Problem, amounts: Float64Array): number {
  return amounts.reduce((sum, amount, node) => (counts[node] === true ? sum + amount : sum), 0);
}
