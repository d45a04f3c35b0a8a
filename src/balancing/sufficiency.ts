import { someOf } from '../lib/listing.ts';
import type { Cluster } from './cluster.ts';
import { isExcludedNode } from './exclusions.ts';
import { compareNames } from './order.ts';
import type { Exclusions } from './plan.ts';

/**
 * Why the cluster cannot be judged: fewer than two, or under half, of its online nodes are known. Undefined when it can,
 * and always when no node is unknown: a cluster of one node is balanced, not unknown. Excluded nodes do not count.
 */
export function whatIsUndecided(cluster: Cluster, exclusions: Exclusions): string | undefined {
  const nodes = cluster.nodes.filter((node) => !isExcludedNode(node.name, exclusions));
  const known = nodes.filter((node) => node.availability === 'Online').length;
  const unknown = nodes
    .filter((node) => node.availability === 'Unknown')
    .map((node) => node.name)
    .sort(compareNames);
  const online = known + unknown.length;
  if (unknown.length === 0 || (known >= 2 && known * 2 >= online)) return undefined;
  const needed = Math.max(2, Math.ceil(online / 2));
  return `The figures of ${known} of ${online} online nodes are known, at least ${needed} are needed; unknown: ${someOf(unknown)}`;
}
