import type { ClusterIndex } from '../../balancing/cluster-index.ts';

/** Which guests the rules of the policy and of HA have to do with each other. */
export interface RuleBonds {
  shareRule(left: number, right: number): boolean;
  /** Such two are never migrated at the same time: between its nodes a guest is on both. */
  areKeptApart(left: number, right: number): boolean;
}

/** Before the cluster has been read. */
export const NO_BONDS: RuleBonds = { shareRule: () => false, areKeptApart: () => false };

export function ruleBonds({ placementRules, ha }: Pick<ClusterIndex, 'placementRules' | 'ha'>): RuleBonds {
  const ofPolicy = placementRules
    .filter(({ type }) => type !== 'Pin')
    .map(({ type, vmids }) => ({ apart: type === 'AntiAffinity', vmids: new Set(vmids) }));
  const ofHa = ha.rules.flatMap((rule) =>
    rule.kind === 'ResourceAffinity'
      ? [{ apart: rule.affinity === 'Negative', vmids: new Set(rule.vmids) }]
      : [],
  );
  const all = [...ofPolicy, ...ofHa];
  const apart = all.filter((rule) => rule.apart);
  const meansBoth = (rules: typeof all, left: number, right: number) =>
    left !== right && rules.some(({ vmids }) => vmids.has(left) && vmids.has(right));
  return {
    shareRule: (left, right) => meansBoth(all, left, right),
    areKeptApart: (left, right) => meansBoth(apart, left, right),
  };
}
