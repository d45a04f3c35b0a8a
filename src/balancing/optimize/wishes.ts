import type { ClusterIndex } from '../cluster-index.ts';
import type { PlacementRule } from '../placement.ts';
import { guestsByNode, type Members, memberFinder, rulesOfUnits } from './membership.ts';
import type { Unit } from './unit.ts';

/** A preferred rule. */
export interface Wish extends Members {
  readonly name: string;
  readonly type: PlacementRule['type'];
  /** By node; of a `Pin`. */
  readonly listed: readonly boolean[];
}

export interface Wishes {
  readonly wishes: readonly Wish[];
  /** By unit: the wishes that mean it. */
  readonly ofUnit: readonly (readonly number[])[];
}

export function findWishes(
  units: readonly Unit[],
  nodeNames: readonly string[],
  index: ClusterIndex,
): Wishes {
  const membersOf = memberFinder(units, nodeNames, index);
  const wishes = index.placementRules
    .filter(({ enforcement }) => enforcement === 'Preferred')
    .map(({ name, type, vmids, nodes }) => ({
      name,
      type,
      listed: nodeNames.map((each) => nodes.includes(each)),
      ...membersOf(vmids),
    }));
  return { wishes, ofUnit: rulesOfUnits(units.length, wishes) };
}

/** How many of its guests are where a wish does not want them. */
export function unfulfilled(wish: Wish, place: Int16Array): number {
  const onNode = guestsByNode(wish, place);
  switch (wish.type) {
    case 'Affinity':
      return onNode.reduce((sum, count) => sum + count, 0) - Math.max(0, ...onNode);
    case 'AntiAffinity':
      return onNode.reduce((sum, count) => sum + Math.max(0, count - 1), 0);
    case 'Pin':
      return onNode.reduce((sum, count, node) => sum + (wish.listed[node] === true ? 0 : count), 0);
  }
}
