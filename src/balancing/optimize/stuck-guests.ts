import type { Cluster } from '../cluster.ts';
import type { ClusterIndex } from '../cluster-index.ts';
import { isDrained, isExcludedNode } from '../exclusions.ts';
import type { BalanceSettings } from '../plan.ts';
import { type Unit, unitGuests } from './unit.ts';

/**
 * How many guests that may not move are on a node that they must leave, because it is drained or a pin forbids it. No search
 * can help them, and as long as they are there a node is not empty and a rule not kept. Templates do not count.
 */
export function countStuckGuests(
  { guests, unreadable }: Pick<Cluster, 'guests' | 'unreadable'>,
  units: readonly Unit[],
  index: ClusterIndex,
  { exclusions, placement }: BalanceSettings,
): number {
  const movable = new Set(units.flatMap(unitGuests).map(({ vmid }) => vmid));
  const mustLeave = (vmid: number, node: string) =>
    isDrained(node, placement) ||
    index.requiredRulesOf(vmid).some(({ type, nodes }) => type === 'Pin' && !nodes.includes(node));
  return [...guests.filter(({ template }) => !template), ...unreadable].filter(
    ({ vmid, node }) => !movable.has(vmid) && !isExcludedNode(node, exclusions) && mustLeave(vmid, node),
  ).length;
}
