import type { Imbalance, ResourceSpread } from '../plan.ts';
import type { Assignment } from './assignment.ts';
import { at } from './element.ts';
import { spreadOf } from './objective.ts';

/** An imbalance as Optimize measures it: the largest spread of a resource that counts. */
export function spreadImbalance(assignment: Assignment, tolerance: number): Imbalance {
  const { problem } = assignment;
  const resources: ResourceSpread[] = problem.resources.map(({ name }, resource) => ({
    name,
    spread: spreadOf(assignment, resource),
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
  return problem.resources.map((_, resource) => {
    const figure = node * problem.resources.length + resource;
    return Math.max(0, at(used, figure)) / at(problem.capacity, figure);
  });
}
