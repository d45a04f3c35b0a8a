import type { Imbalance, ResourceSpread } from '../plan.ts';
import { type Assignment, at } from './assignment.ts';
import { spreadOf } from './objective.ts';

/** An imbalance as Optimize measures it: the largest spread of a resource that counts. */
export function spreadImbalance({ problem, used }: Assignment, tolerance: number): Imbalance {
  const resources: ResourceSpread[] = problem.resources.map(({ name }, resource) => ({
    name,
    spread: spreadOf(problem, resource, used[resource]),
  }));
  const counted = problem.counts.filter((counts) => counts).length;
  return {
    value: counted < 2 ? undefined : resources.reduce((most, { spread }) => Math.max(most, spread), 0),
    tolerance,
    mean: undefined,
    deviation: undefined,
    resources,
  };
}

const ROUNDING = 1e-9;

export function isWithin({ value, tolerance }: Imbalance): boolean {
  return value === undefined || value <= tolerance + ROUNDING;
}

/** The used share of each resource of a node. */
export function sharesOf({ problem, used }: Assignment, node: number): readonly number[] {
  return problem.resources.map(({ capacity }, resource) => {
    const amounts = used[resource];
    return amounts === undefined ? 0 : Math.max(0, at(amounts, node)) / at(capacity, node);
  });
}
