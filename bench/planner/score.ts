import { makePlan } from '../../src/balancing/planner.ts';
import type { PlannerCase } from './case.ts';
import { judge, type LocalBytes, type Step, type Verdict } from './judge/verdict.ts';
import { runCslb } from './reference/cslb-runs.ts';
import { planGreedily } from './reference/greedy.ts';

export type PlannerName = 'Optimize' | 'greedy' | 'Cslb';

/** One plan of one planner for one case, judged. */
export interface Score {
  readonly name: string;
  readonly family: string;
  readonly planner: PlannerName;
  readonly steps: readonly Step[];
  readonly verdict: Verdict;
  readonly withinTolerance: boolean;
  readonly milliseconds: number;
}

/** For rounding. */
const EPSILON = 1e-9;

const PLANNERS: Readonly<Record<PlannerName, (plannerCase: PlannerCase) => readonly Step[]>> = {
  Optimize: ({ cluster, settings }) => makePlan(cluster, settings).migrations,
  greedy: planGreedily,
  Cslb: runCslb,
};

/** Plans once, with the time that takes. */
export function score(plannerCase: PlannerCase, planner: PlannerName): Score {
  const began = performance.now();
  const steps = PLANNERS[planner](plannerCase);
  return scoreSteps(plannerCase, planner, steps, performance.now() - began);
}

export function scoreSteps(
  plannerCase: PlannerCase,
  planner: PlannerName,
  steps: readonly Step[],
  milliseconds: number,
  localBytes?: LocalBytes,
): Score {
  const { name, family, cluster, settings } = plannerCase;
  const verdict = judge(cluster, settings, steps, localBytes);
  const withinTolerance = isWithinTolerance(plannerCase, verdict);
  return { name, family, planner, steps, verdict, withinTolerance, milliseconds };
}

export function isWithinTolerance({ settings }: PlannerCase, { spreads }: Verdict): boolean {
  const { weights, tolerance } = settings;
  const isWithin = (weight: number, spread: number) => weight === 0 || spread <= tolerance + EPSILON;
  return isWithin(weights.cpu, spreads.after.cpu) && isWithin(weights.memory, spreads.after.memory);
}
