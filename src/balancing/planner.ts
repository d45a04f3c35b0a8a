import type { Cluster } from './cluster.ts';
import { planCslb } from './cslb.ts';
import { withoutSlightGain } from './minimum-gain.ts';
import { planOptimize } from './optimize/optimize.ts';
import type { BalanceSettings, Plan } from './plan.ts';

export interface PlanningOptions {
  /** Asked now and then while a plan is searched for; from then on the best one found so far is made. */
  readonly shouldStop?: () => boolean;
}

/** Plans with the strategy that the settings name. */
export function makePlan(
  cluster: Cluster,
  settings: BalanceSettings,
  { shouldStop }: PlanningOptions = {},
): Plan {
  switch (settings.strategy) {
    case 'Cslb':
      return withoutSlightGain(planCslb(cluster, settings), settings.minimumGain);
    case 'Optimize':
      return planOptimize(cluster, settings, shouldStop);
  }
}
