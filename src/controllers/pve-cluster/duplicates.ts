import { objectKey } from '../../kubernetes/kubernetes-object.ts';
import type { StoredCluster } from '../resources.ts';

/** The key of the oldest other PveCluster with this identity that is here to stay, if it is older than this one. */
export function olderDuplicate(
  cluster: StoredCluster,
  identity: string,
  all: readonly StoredCluster[],
): string | undefined {
  const [oldest] = all
    .filter(
      ({ metadata }) => metadata.uid !== cluster.metadata.uid && metadata.deletionTimestamp === undefined,
    )
    .filter((other) => other.status?.identity === identity && isOlder(other, cluster))
    .sort((left, right) => (isOlder(left, right) ? -1 : 1));
  return oldest && objectKey(oldest);
}

function isOlder(left: StoredCluster, right: StoredCluster): boolean {
  const leftTime = left.metadata.creationTimestamp ?? '';
  const rightTime = right.metadata.creationTimestamp ?? '';
  if (leftTime !== rightTime) return leftTime < rightTime;
  return left.metadata.uid < right.metadata.uid;
}
