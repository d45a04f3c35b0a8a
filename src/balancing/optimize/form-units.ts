import type { Guest } from '../cluster.ts';
import type { ClusterIndex } from '../cluster-index.ts';
import { compareGuests } from '../order.ts';
import type { Unit } from './unit.ts';

/** Joins guests that Proxmox HA moves together; where one of them may move, all of them may (see `guestBlock`). */
export function formUnits(movable: readonly Guest[], index: ClusterIndex): readonly Unit[] {
  const byVmid = new Map(movable.map((guest) => [guest.vmid, guest]));
  const units: Unit[] = [];
  const joined = new Set<number>();
  // The first of them stands for all, whatever order they come in.
  for (const guest of [...movable].sort(compareGuests)) {
    if (joined.has(guest.vmid)) continue;
    const others = guest.ha === undefined ? [] : index.movesWith(guest.vmid);
    for (const vmid of others) joined.add(vmid);
    units.push({ guest, companions: others.flatMap((vmid) => byVmid.get(vmid) ?? []) });
  }
  return units;
}
