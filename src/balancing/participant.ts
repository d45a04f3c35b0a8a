import type { Cluster, ClusterNode, Guest, OnlineNode } from './cluster.ts';
import { isExcludedNode } from './exclusions.ts';
import { type NodeLoad, type NodeWeight, nodeLoad, weighNodes, weightShares } from './node-weight.ts';
import { compareNames } from './order.ts';
import type { BalanceSettings, Exclusions } from './plan.ts';

/** A node that counts: online, its figures known, not excluded. */
export interface Participant extends NodeWeight {
  readonly node: OnlineNode;
  readonly load: NodeLoad;
  /** The running guests on it that may move. */
  readonly movable: readonly Guest[];
}

/** By name. */
export function findParticipants(
  cluster: Cluster,
  settings: BalanceSettings,
  movable: ReadonlyMap<string, readonly Guest[]>,
): Participant[] {
  const nodes = cluster.nodes
    .filter((node) => isParticipating(node, settings.exclusions))
    .sort((left, right) => compareNames(left.name, right.name))
    .map((node) => ({
      node,
      load: nodeLoad(node.figures),
      movable: movable.get(node.name) ?? [],
    }));
  return weighNodes(nodes, weightShares(settings.weights));
}

function isParticipating(node: ClusterNode, exclusions: Exclusions): node is OnlineNode {
  return node.availability === 'Online' && !isExcludedNode(node.name, exclusions);
}
