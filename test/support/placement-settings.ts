import type { Placement, PlacementRule } from '../../src/balancing/placement.ts';
import type { BalanceSettings } from '../../src/balancing/plan.ts';
import { type SettingsTraits, settings } from './cluster-model.ts';

export interface OptimizeTraits extends Omit<SettingsTraits, 'placement'> {
  readonly placement?: Partial<Placement>;
}

/** Settings of the strategy Optimize: both resources within 10 points, as many migrations as it takes. */
export function optimize({ placement, ...traits }: OptimizeTraits = {}): BalanceSettings {
  return settings({
    strategy: 'Optimize',
    tolerance: 0.1,
    weights: { cpu: 50, memory: 50 },
    maxMigrations: 100,
    ...traits,
    placement: { rules: [], drainNodes: [], memoryReserveShare: 0, ...placement },
  });
}

interface RuleTraits extends Partial<Omit<PlacementRule, 'guests' | 'type'>> {
  readonly tags?: readonly string[];
  readonly pools?: readonly string[];
}

/** A required rule over these guests. */
export function rule(
  type: PlacementRule['type'],
  vmids: readonly number[],
  { tags = [], pools = [], ...traits }: RuleTraits = {},
): PlacementRule {
  return {
    name: type.toLowerCase(),
    type,
    guests: { vmids, tags, pools },
    nodes: [],
    enforcement: 'Required',
    ...traits,
  };
}
