import { OperatorError } from '../../lib/errors.ts';
import type { ClusterDirectory, ClusterState } from '../cluster-directory.ts';
import type { StoredCluster, StoredPolicy } from '../resources.ts';

export type ReadyCluster = Extract<ClusterState, { kind: 'Ready' }>;

export interface ClusterSource {
  /** By `namespace/name`, from the cache. */
  cluster(key: string): StoredCluster | undefined;
  readonly directory: ClusterDirectory;
}

export function clusterKeyOf(policy: StoredPolicy): string {
  return `${policy.metadata.namespace}/${policy.spec.clusterRef.name}`;
}

/**
 * The cluster that the policy names, as of its last probe; undefined while the probe of it as it is now has not ended (after
 * a start or a change), or the cache shows it later than the probe did. Throws ClusterNotFound, ClusterNotReady, ClusterChanged.
 */
export function findCluster(policy: StoredPolicy, source: ClusterSource): ReadyCluster | undefined {
  const { name } = policy.spec.clusterRef;
  const { namespace } = policy.metadata;
  const key = clusterKeyOf(policy);
  const cluster = source.cluster(key);
  if (!cluster) {
    throw new OperatorError(
      'ClusterNotFound',
      `There is no PveCluster '${name}' in namespace '${namespace}': create it, or correct spec.clusterRef by creating another policy`,
    );
  }
  if (cluster.metadata.deletionTimestamp !== undefined) {
    throw new OperatorError('ClusterNotReady', `PveCluster '${name}' is being deleted`);
  }
  const state = source.directory.get(key);
  if (!state || state.uid !== cluster.metadata.uid || state.generation !== cluster.metadata.generation) {
    return undefined;
  }
  if (state.kind === 'NotReady') {
    throw new OperatorError(
      'ClusterNotReady',
      `PveCluster '${name}' is not ready (${state.reason}): ${state.message}`,
    );
  }
  refuseOtherCluster(policy, state);
  return state;
}

/** Entries can only be followed on the physical cluster on which they were begun. */
function refuseOtherCluster(policy: StoredPolicy, state: ReadyCluster): void {
  const stray = policy.status?.migrations?.find(({ identity }) => identity !== state.identity);
  if (!stray) return;
  throw new OperatorError(
    'ClusterChanged',
    `PveCluster '${policy.spec.clusterRef.name}' is now ${state.identity}, but the migration of ${stray.vmid} was begun on ${stray.identity}: point it back there, or delete this policy and create it anew`,
  );
}
