import type { Cluster, ClusterNode } from './cluster.ts';
import { isExcludedNode } from './exclusions.ts';
import { compareNames } from './order.ts';
import type { Exclusions, NodeAssessment, NodeRole } from './plan.ts';

/** The part that a node plays in a plan. */
export type NodePart = Pick<NodeAssessment, 'role' | 'weight'>;

/** What the plan made of every node of the cluster, those that do not take part included; by name. */
export function assessNodes(
  cluster: Cluster,
  exclusions: Exclusions,
  /** By name, of the nodes that take part. */
  parts: ReadonlyMap<string, NodePart>,
): NodeAssessment[] {
  const running = new Map<string, number>();
  for (const guest of cluster.guests) {
    if (guest.status === 'running') running.set(guest.node, (running.get(guest.node) ?? 0) + 1);
  }
  return [...cluster.nodes]
    .sort((left, right) => compareNames(left.name, right.name))
    .map((node) => {
      const part = parts.get(node.name);
      return {
        name: node.name,
        role: part ? part.role : absentRole(node, exclusions),
        weight: part?.weight,
        ...usedShares(node),
        guests: running.get(node.name) ?? 0,
      };
    });
}

function absentRole(node: ClusterNode, exclusions: Exclusions): NodeRole {
  if (isExcludedNode(node.name, exclusions) || node.availability === 'Online') return 'Excluded';
  return node.availability;
}

function usedShares(node: ClusterNode): Pick<NodeAssessment, 'cpuUsedShare' | 'memoryUsedShare'> {
  if (node.availability !== 'Online') return { cpuUsedShare: undefined, memoryUsedShare: undefined };
  const { cpuUsedShare, memoryUsedBytes, memoryTotalBytes } = node.figures;
  return {
    cpuUsedShare,
    memoryUsedShare: memoryTotalBytes > 0 ? memoryUsedBytes / memoryTotalBytes : undefined,
  };
}
