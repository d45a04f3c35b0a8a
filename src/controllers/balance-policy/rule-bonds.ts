import type { ClusterIndex } from '../../balancing/cluster-index.ts';

/** Which guests the rules of the policy and of HA have to do with each other. */
export interface RuleBonds {
  shareRule(left: number, right: number): boolean;
  /** Such two are never migrated at the same time: between its nodes a guest is on both. */
  areKeptApart(left: number, right: number): boolean;
  /** Nor such two: the second could arrive first, and be alone there. */
  areBroughtTogether(left: number, right: number): boolean;
}

/** Before the cluster has been read. */
export const NO_BONDS: RuleBonds = {
  shareRule: () => false,
  areKeptApart: () => false,
  areBroughtTogether: () => false,
};

export function ruleBonds({ placementRules, ha }: Pick<ClusterIndex, 'placementRules' | 'ha'>): RuleBonds {
  const ofPolicy = placementRules
    .filter(({ type }) => type !== 'Pin')
    .map(({ type, enforcement, vmids }) => ({
      apart: type === 'AntiAffinity',
      together: type === 'Affinity' && enforcement === 'Required',
      vmids: new Set(vmids),
    }));
  const ofHa = ha.rules.flatMap((rule) =>
    rule.kind === 'ResourceAffinity'
      ? [{ apart: rule.affinity === 'Negative', together: false, vmids: new Set(rule.vmids) }]
      : [],
  );
  const all = [...ofPolicy, ...ofHa];
  const apart = all.filter((rule) => rule.apart);
  const together = all.filter((rule) => rule.together);
  const meansBoth = (rules: typeof all, left: number, right: number) =>
    left !== right && rules.some(({ vmids }) => vmids.has(left) && vmids.has(right));
  return {
    shareRule: (left, right) => meansBoth(all, left, right),
    areKeptApart: (left, right) => meansBoth(apart, left, right),
    areBroughtTogether: (left, right) => meansBoth(together, left, right),
  };
}
