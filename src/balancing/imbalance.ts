import type { Imbalance } from './plan.ts';
import { mean, sampleDeviation } from './statistics.ts';

/** How unevenly nodes of these weights are loaded. */
export function imbalanceOf(weights: readonly number[], tolerance: number): Imbalance {
  const average = mean(weights);
  const deviation = sampleDeviation(weights);
  return {
    value: weights.length < 2 ? undefined : deviation / average,
    tolerance,
    mean: average,
    deviation,
  };
}

/** CSLB's test. One node or none is balanced: there is nothing to even out. */
export function isBalanced(imbalance: Imbalance): boolean {
  return imbalance.value === undefined || imbalance.mean * imbalance.tolerance > imbalance.deviation;
}
