import type { MigrationEntry } from '../../api/generated/balance-policy.ts';
import { objectKey } from '../../kubernetes/kubernetes-object.ts';
import type { StoredPolicy } from '../resources.ts';
import { clusterKeyOf, type ReadyCluster } from './find-cluster.ts';
import type { PolicyCycle } from './policy-cycle.ts';
import type { PolicyReconcilerOptions } from './policy-reconciler.ts';

/** The policies that have to do with one physical cluster: this one as just read, the others from the cache. */
export interface Peers {
  readonly policies: readonly StoredPolicy[];
  readonly others: readonly StoredPolicy[];
  /**
   * Under way on this cluster by the others. The entries themselves say where: the PveCluster of such a policy may not have
   * been probed yet, or be another one by now.
   */
  readonly otherEntries: readonly MigrationEntry[];
}

export function peersOf(cycle: PolicyCycle, cluster: ReadyCluster, options: PolicyReconcilerOptions): Peers {
  const { identity } = cluster;
  const others = options.policies().filter((policy) => {
    if (objectKey(policy) === cycle.key) return false;
    const state = options.clusters.directory.get(clusterKeyOf(policy));
    return (state?.kind === 'Ready' && state.identity === identity) || entriesOn(identity, policy).length > 0;
  });
  return {
    policies: [cycle.record.policy, ...others],
    others,
    otherEntries: others.flatMap((policy) => entriesOn(identity, policy)),
  };
}

/** What a policy has under way on a physical cluster. */
export function entriesOn(identity: string, { status }: StoredPolicy): readonly MigrationEntry[] {
  return (status?.migrations ?? []).filter((entry) => entry.identity === identity);
}
