import { describeGuestBlock } from '../block-sentences.ts';
import type { Guest } from '../cluster.ts';
import type { ClusterIndex } from '../cluster-index.ts';
import { skippedGuest } from '../movable-guests.ts';
import type { SkippedGuest } from '../plan.ts';
import type { Unit } from './unit.ts';

export interface FormedUnits {
  readonly units: readonly Unit[];
  /** Guests that may move themselves, but not all that would move along. */
  readonly skipped: readonly SkippedGuest[];
}

/** Joins guests that Proxmox HA moves together. A group moves when all of it may, from one node. */
export function formUnits(movable: readonly Guest[], index: ClusterIndex): FormedUnits {
  const byVmid = new Map(movable.map((guest) => [guest.vmid, guest]));
  const units: Unit[] = [];
  const skipped: SkippedGuest[] = [];
  const seen = new Set<number>();
  for (const guest of movable) {
    if (seen.has(guest.vmid)) continue;
    const vmids = together(guest.vmid, index);
    for (const vmid of vmids) seen.add(vmid);
    const group = vmids.flatMap((vmid) => byVmid.get(vmid) ?? []);
    const [first = guest, ...companions] = group;
    if (group.length === vmids.length && companions.every(({ node }) => node === first.node)) {
      units.push({ guest: first, companions });
      continue;
    }
    for (const member of group) {
      const others = vmids.filter((vmid) => vmid !== member.vmid).map((vmid) => `guest ${vmid}`);
      skipped.push(
        skippedGuest(member, 'MovesWithOthers', describeGuestBlock({ kind: 'MovesWithOthers', others })),
      );
    }
  }
  return { units, skipped };
}

/** The guest and all that HA keeps with it, directly or by others, ascending. */
function together(vmid: number, index: ClusterIndex): readonly number[] {
  const found = new Set([vmid]);
  for (const each of found) for (const partner of index.positivePartners(each)) found.add(partner);
  return [...found].sort((left, right) => left - right);
}
