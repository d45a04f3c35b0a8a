import type { Cluster, ClusterNode, Guest, OnlineNode } from './cluster.ts';
import { isExcludedNode } from './eligibility.ts';
import type { SortedGuests } from './movable-guests.ts';
import { type NodeLoad, type NodeWeight, nodeLoad, weighNodes, weightShares } from './node-weight.ts';
import { compareNames } from './order.ts';
import type { BalanceSettings, Exclusions } from './plan.ts';

/** A node that counts: online, its figures known, not excluded. */
export interface Participant extends NodeWeight {
  readonly node: OnlineNode;
  readonly load: NodeLoad;
  /** The running guests on it that may move. */
  readonly movable: readonly Guest[];
  /** Memory on its way to it. */
  readonly incomingBytes: number;
}

/** By name. */
export function findParticipants(
  cluster: Cluster,
  settings: BalanceSettings,
  movable: SortedGuests['movable'],
): Participant[] {
  const incoming = new Map<string, number>();
  for (const { node, bytes } of cluster.incoming) incoming.set(node, (incoming.get(node) ?? 0) + bytes);
  const nodes = cluster.nodes
    .filter((node) => isParticipating(node, settings.exclusions))
    .sort((left, right) => compareNames(left.name, right.name))
    .map((node) => ({
      node,
      load: nodeLoad(node.figures),
      movable: movable.get(node.name) ?? [],
      incomingBytes: incoming.get(node.name) ?? 0,
    }));
  return weighNodes(nodes, weightShares(settings.weights));
}

function isParticipating(node: ClusterNode, exclusions: Exclusions): node is OnlineNode {
  return node.availability === 'Online' && !isExcludedNode(node.name, exclusions);
}
