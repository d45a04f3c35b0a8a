import type { MigrationEntry } from '../../api/generated/balance-policy.ts';
import { objectKey } from '../../kubernetes/kubernetes-object.ts';
import type { StoredPolicy } from '../resources.ts';
import { clusterKeyOf, type ReadyCluster } from './find-cluster.ts';
import type { PolicyCycle } from './policy-cycle.ts';
import type { PolicyReconcilerOptions } from './policy-reconciler.ts';

/** The policies on one physical cluster: this one as just read, the others from the cache. */
export interface Peers {
  readonly policies: readonly StoredPolicy[];
  /** Under way by the others. */
  readonly otherEntries: readonly MigrationEntry[];
}

export function peersOf(cycle: PolicyCycle, cluster: ReadyCluster, options: PolicyReconcilerOptions): Peers {
  const others = options.policies().filter((policy) => {
    if (objectKey(policy) === cycle.key) return false;
    const state = options.clusters.directory.get(clusterKeyOf(policy));
    return state?.kind === 'Ready' && state.identity === cluster.identity;
  });
  return {
    policies: [cycle.record.policy, ...others],
    otherEntries: others.flatMap(({ status }) => status?.migrations ?? []),
  };
}
