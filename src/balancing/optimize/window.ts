import { at } from './element.ts';
import type { Problem } from './problem.ts';
import type { Random } from './random.ts';

/**
 * Between which loads each node should be: for each resource, shares from some level up to the level and the aim. A
 * placement within its window is within the aim. The search goes for windows because they part the question by nodes: what
 * a node has above or below, it must give or get.
 */
export interface Window {
  /** By node and resource; without bounds for nodes that do not count. */
  readonly low: Float64Array;
  readonly high: Float64Array;
  /** By resource: what one unit of it outside of the window weighs. */
  readonly weight: Float64Array;
}

export interface Windows {
  /** The one that takes the least moving: as much is above it as below, so that what leaves one node can fill another. */
  readonly best: Window;
  /** One with its levels and weights shifted a little, for another try. */
  shifted(random: Random): Window;
}

export function findWindows(problem: Problem): Windows {
  const levels = problem.resources.map((_, resource) => balancedLevel(problem, resource));
  const ranges = problem.resources.map((_, resource) => levelRange(problem, resource));
  const totals = problem.resources.map((_, resource) => countedSum(problem, problem.capacity, resource));
  const weights = problem.resources.map(({ share }, resource) => (0.5 + share) / (totals[resource] ?? 1));
  return {
    best: windowAt(problem, levels, weights),
    shifted(random) {
      const shiftedLevels = levels.map((level, resource) => {
        const [lower, upper] = ranges[resource] ?? [level, level];
        const shift = (random() + random() - 1) * SHIFT * aimOf(problem.resources, resource);
        return Math.min(upper, Math.max(lower, level + shift));
      });
      return windowAt(
        problem,
        shiftedLevels,
        weights.map((weight) => weight * (0.5 + 1.5 * random())),
      );
    },
  };
}

/** By how much of the aim a level is shifted at most. */
const SHIFT = 0.6;

function windowAt(problem: Problem, levels: readonly number[], weights: readonly number[]): Window {
  const { resources, capacity, counts } = problem;
  const low = new Float64Array(capacity.length);
  const high = new Float64Array(capacity.length);
  resources.forEach(({ aim }, resource) => {
    const level = levels[resource] ?? 0;
    counts.forEach((counted, node) => {
      const figure = node * resources.length + resource;
      low[figure] = counted ? level * at(capacity, figure) : Number.NEGATIVE_INFINITY;
      high[figure] = counted ? (level + aim) * at(capacity, figure) : Number.POSITIVE_INFINITY;
    });
  });
  return { low, high, weight: Float64Array.from(weights) };
}

const BISECTIONS = 40;

function balancedLevel(problem: Problem, resource: number): number {
  const leaving = leavingDemand(problem, resource);
  let [lower, upper] = levelRange(problem, resource);
  for (let step = 0; step < BISECTIONS; step += 1) {
    const level = (lower + upper) / 2;
    if (surplus(problem, resource, level) + leaving > 0) lower = level;
    else upper = level;
  }
  return (lower + upper) / 2;
}

/** What is above a window of this level, less what is missing below it. */
function surplus({ counts, resources, capacity, used }: Problem, resource: number, level: number): number {
  const aim = aimOf(resources, resource);
  let sum = 0;
  for (let node = 0; node < counts.length; node += 1) {
    if (counts[node] !== true) continue;
    const figure = node * resources.length + resource;
    const amount = at(used, figure);
    const low = level * at(capacity, figure);
    const high = (level + aim) * at(capacity, figure);
    if (amount > high) sum += amount - high;
    else if (amount < low) sum -= low - amount;
  }
  return sum;
}

/** The average is in every window that can be reached. */
function levelRange(problem: Problem, resource: number): [number, number] {
  const amount = countedSum(problem, problem.used, resource) + leavingDemand(problem, resource);
  const average = amount / countedSum(problem, problem.capacity, resource);
  return [average - aimOf(problem.resources, resource), average];
}

/** What nodes that do not count have to give to those that do. */
function leavingDemand({ counts, mustLeave, origin, demand, resources }: Problem, resource: number): number {
  let sum = 0;
  for (let unit = 0; unit < origin.length; unit += 1) {
    if (mustLeave[unit] !== true || counts[at(origin, unit)] === true) continue;
    sum += at(demand, unit * resources.length + resource);
  }
  return sum;
}

function countedSum({ counts, resources }: Problem, figures: Float64Array, resource: number): number {
  return counts.reduce(
    (sum, counted, node) => (counted ? sum + at(figures, node * resources.length + resource) : sum),
    0,
  );
}

function aimOf(resources: Problem['resources'], resource: number): number {
  return resources[resource]?.aim ?? 0;
}
