import type { ClusterIndex } from '../cluster-index.ts';
import { type Members, memberFinder, rulesOfUnits } from './membership.ts';
import type { Unit } from './unit.ts';

/** Guests no two of which may be on one node: a rule of the policy, or a negative affinity of HA. */
export interface ApartGroup extends Members {
  /** For people. */
  readonly name: string;
  /** Whether moves are to put it right where it is broken: of HA's rules those whose guests HA manages, and all may move. */
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
    .map(({ name, vmids }) => ({ name: `rule '${name}'`, repaired: true, ...membersOf(vmids) }));
  const ofHa = index.ha.rules
    .filter((rule) => rule.kind === 'ResourceAffinity' && rule.affinity === 'Negative')
    .map(({ name, vmids }) => {
      const members = membersOf(vmids);
      const repaired =
        members.fixed.every((count) => count === 0) && vmids.every((vmid) => isManaged(vmid, index));
      return { name: `HA rule '${name}'`, repaired, ...members };
    });
  const groups = [...ofPolicy, ...ofHa];
  return { groups, ofUnit: rulesOfUnits(units.length, groups) };
}

/** What HA does not manage its rules do not bind; of what it manages some is seen by HA alone. */
function isManaged(vmid: number, index: ClusterIndex): boolean {
  const guest = index.guest(vmid);
  return guest === undefined || guest.ha !== undefined;
}
