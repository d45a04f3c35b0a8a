import type { ClusterIndex } from '../cluster-index.ts';
import { type Members, memberFinder, rulesOfUnits } from './membership.ts';
import type { Unit } from './unit.ts';

/** Guests no two of which may be on one node: a rule of the policy, or a negative affinity of HA. */
export interface ApartGroup extends Members {
  readonly name: string;
  /** Whether moves are to put it right where it is broken: of HA's rules those whose guests all may move. */
  readonly repaired: boolean;
}

export interface ApartGroups {
  readonly groups: readonly ApartGroup[];
  /** By unit: the groups it belongs to. */
  readonly ofUnit: readonly (readonly number[])[];
}

export function findApartGroups(
  units: readonly Unit[],
  nodeNames: readonly string[],
  index: ClusterIndex,
): ApartGroups {
  const membersOf = memberFinder(units, nodeNames, index);
  const ofPolicy = index.placementRules
    .filter(({ type, enforcement }) => type === 'AntiAffinity' && enforcement === 'Required')
    .map(({ name, vmids }) => ({ name, repaired: true, ...membersOf(vmids) }));
  const ofHa = index.ha.rules
    .filter((rule) => rule.kind === 'ResourceAffinity' && rule.affinity === 'Negative')
    .map(({ name, vmids }) => ({ name, ...membersOf(vmids) }))
    .map((group) => ({ ...group, repaired: group.fixed.every((count) => count === 0) }));
  const groups = [...ofPolicy, ...ofHa];
  return { groups, ofUnit: rulesOfUnits(units.length, groups) };
}
