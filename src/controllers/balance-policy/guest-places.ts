import type { GuestOnNode, GuestReading, ProxmoxCluster } from '../proxmox-cluster.ts';
import type { MovedGuest } from './companions.ts';

/** A guest as the two nodes of its migration know it. */
export interface GuestPlaces {
  readonly source: GuestReading;
  readonly target: GuestReading;
}

/** Planned or under way. */
interface Migration {
  readonly source: string;
  readonly target: string;
}

/** The guest that a migration is of, or one that moves along, where it comes from. */
export function onSource(
  { source }: Pick<Migration, 'source'>,
  { vmid, type }: Pick<MovedGuest, 'vmid' | 'type'>,
): GuestOnNode {
  return { vmid, type, node: source };
}

/**
 * A guest is on one node only, so that a target need not be asked for one that the source has: it may be dead, which is why
 * migrations to it fail.
 */
export async function readPlaces(
  proxmox: Pick<ProxmoxCluster, 'readGuest'>,
  migration: Migration,
  guest: Pick<MovedGuest, 'vmid' | 'type'>,
  signal: AbortSignal,
): Promise<GuestPlaces> {
  const place = onSource(migration, guest);
  const source = await proxmox.readGuest(place, signal);
  if (source.kind === 'Present')
    return { source, target: { kind: 'Absent', proxmoxTime: source.proxmoxTime } };
  return { source, target: await proxmox.readGuest({ ...place, node: migration.target }, signal) };
}
