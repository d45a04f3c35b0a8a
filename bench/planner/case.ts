import type { Cluster } from '../../src/balancing/cluster.ts';
import type { Placement } from '../../src/balancing/placement.ts';
import type { BalanceSettings } from '../../src/balancing/plan.ts';

/** A cluster and what is wanted of it, for any planner. */
export interface PlannerCase {
  readonly name: string;
  readonly family: string;
  readonly cluster: Cluster;
  readonly settings: BalanceSettings;
  /**
   * A placement within tolerance, with all rules satisfied and drained nodes empty, is known to exist: the case was made
   * from one. That moves lead there one by one is not said by it.
   */
  readonly reachable: boolean;
}

export interface Size {
  readonly nodes: number;
  readonly guests: number;
}

export const TOLERANCE = 0.1;

/** Both resources count alike, and as many migrations as a planner likes. */
export function benchmarkSettings(placement: Placement, excludedVmids: readonly number[]): BalanceSettings {
  return {
    strategy: 'Optimize',
    tolerance: TOLERANCE,
    weights: { cpu: 50, memory: 50 },
    exclusions: { nodes: [], vmids: excludedVmids, types: [], tags: ['no-balance'], pools: [] },
    maxMigrations: 100_000,
    containers: 'Restart',
    localDisks: true,
    placement,
    minimumGain: 0,
  };
}
