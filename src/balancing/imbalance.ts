import type { Imbalance } from './plan.ts';
import { mean, sampleDeviation } from './statistics.ts';

/** An imbalance as CSLB measures it. */
export interface WeightImbalance extends Imbalance {
  readonly mean: number;
  readonly deviation: number;
}

/** How unevenly nodes of these weights are loaded. */
export function imbalanceOf(weights: readonly number[], tolerance: number): WeightImbalance {
  const average = mean(weights);
  const deviation = sampleDeviation(weights);
  return {
    value: weights.length < 2 ? undefined : deviation / average,
    tolerance,
    mean: average,
    deviation,
    resources: [],
  };
}

/** CSLB's test. One node or none is balanced: there is nothing to even out. */
export function isBalanced(imbalance: WeightImbalance): boolean {
  return imbalance.value === undefined || imbalance.mean * imbalance.tolerance > imbalance.deviation;
}
