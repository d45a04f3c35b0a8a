import type { Cluster, ClusterNode } from './cluster.ts';
import { isExcludedNode } from './exclusions.ts';
import { compareNames } from './order.ts';
import type { Participant } from './participant.ts';
import type { Exclusions, NodeAssessment, NodeRole } from './plan.ts';

export interface ChosenRoles {
  readonly sources: readonly Participant[];
  readonly targets: readonly Participant[];
}

/** What the plan made of every node of the cluster, those that do not take part included; by name. */
export function assessNodes(
  cluster: Cluster,
  exclusions: Exclusions,
  participants: readonly Participant[],
  chosen: ChosenRoles,
): NodeAssessment[] {
  const taking = new Map(participants.map((participant) => [participant.node.name, participant]));
  const running = new Map<string, number>();
  for (const guest of cluster.guests) {
    if (guest.status === 'running') running.set(guest.node, (running.get(guest.node) ?? 0) + 1);
  }
  return [...cluster.nodes]
    .sort((left, right) => compareNames(left.name, right.name))
    .map((node) => {
      const participant = taking.get(node.name);
      return {
        name: node.name,
        role: participant ? roleOf(participant, chosen) : absentRole(node, exclusions),
        weight: participant?.weight,
        ...usedShares(node),
        guests: running.get(node.name) ?? 0,
      };
    });
}

function roleOf(participant: Participant, { sources, targets }: ChosenRoles): NodeRole {
  if (participant.overloaded) return 'Overloaded';
  if (sources.includes(participant)) return 'Source';
  if (targets.includes(participant)) return 'Target';
  return 'Neutral';
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
