import { type Guest, guestRoomBytes } from '../cluster.ts';
import type { ClusterIndex } from '../cluster-index.ts';
import { localDisks } from '../volumes.ts';

/** Guests that move by one migration: one, or one with those that Proxmox HA moves along with it. */
export interface Unit {
  /** The one to ask for. */
  readonly guest: Guest;
  readonly companions: readonly Guest[];
}

/** What a migration costs beside its bytes: `docs/policy.md` calls it the price of a move. */
export const MOVE_COST_BYTES = 4 * 2 ** 30;

/** Beyond any machine; keeps sums finite whatever a cluster says. */
const MOST_BYTES = 1e18;
const MOST_CPUS = 1e9;

/** What the guest's node is relieved of, and its target gets. A stopped guest takes nothing. */
export function memoryDemandBytes(guest: Guest): number {
  if (guest.status === 'stopped') return 0;
  return Math.min(MOST_BYTES, guest.memoryHostBytes > 0 ? guest.memoryHostBytes : guest.memoryBytes);
}

/** What the target must have free. */
export function roomDemandBytes(guest: Guest): number {
  return guest.status === 'stopped' ? 0 : Math.min(MOST_BYTES, guestRoomBytes(guest));
}

/** Busy logical CPUs. */
export function cpuDemand(guest: Guest): number {
  if (guest.status === 'stopped') return 0;
  return Math.min(MOST_CPUS, guest.cpuUsedShare * guest.cpuCount);
}

/** What its migration costs: bytes over the network, and a fixed price. */
export function moveCostBytes(guest: Guest, index: ClusterIndex): number {
  const { examination } = guest;
  const disks = examination?.kind === 'Examined' ? localDisks(examination, index) : [];
  const diskBytes = disks.reduce((sum, { bytes }) => sum + bytes, 0);
  return memoryDemandBytes(guest) + Math.min(MOST_BYTES, diskBytes) + MOVE_COST_BYTES;
}

export function unitGuests({ guest, companions }: Unit): readonly Guest[] {
  return companions.length === 0 ? [guest] : [guest, ...companions];
}
