import { percentText } from '../lib/percent.ts';
import type { Imbalance, Plan } from './plan.ts';

/** Whether the imbalance falls by less than what makes a plan worth it. */
export function isSlightGain(before: Imbalance, after: Imbalance, minimumGain: number): boolean {
  return minimumGain > 0 && (before.value ?? 0) - (after.value ?? 0) < minimumGain;
}

/** Why a plan is not worth it; a sentence without its period. */
export function describeSlightGain(before: Imbalance, after: Imbalance, minimumGain: number): string {
  return `The best plan would bring the imbalance from ${percent(before.value)} to ${percent(after.value)}, which gains less than stabilization.minimumGain (${percent(minimumGain)})`;
}

/** The same plan, but with nothing to migrate where that would gain too little. */
export function withoutSlightGain(plan: Plan, minimumGain: number): Plan {
  const { imbalance, predicted, migrations } = plan;
  if (migrations.length === 0 || !isSlightGain(imbalance, predicted, minimumGain)) return plan;
  const exhausted = describeSlightGain(imbalance, predicted, minimumGain);
  return { ...plan, migrations: [], predicted: imbalance, exhausted };
}

function percent(share: number | undefined): string {
  return share === undefined ? 'unknown' : percentText(share);
}
