import type { GuestOnNode, GuestReading, ProxmoxCluster } from '../proxmox-cluster.ts';

/** A guest as the two nodes of its migration know it. */
interface GuestPlaces {
  readonly source: GuestReading;
  readonly target: GuestReading;
}

/**
 * A guest is on one node only, so that a target need not be asked for one that the source has: it may be dead, which is why
 * migrations to it fail.
 */
export async function readPlaces(
  proxmox: Pick<ProxmoxCluster, 'readGuest'>,
  onSource: GuestOnNode,
  target: string,
  signal: AbortSignal,
): Promise<GuestPlaces> {
  const source = await proxmox.readGuest(onSource, signal);
  if (source.kind === 'Present')
    return { source, target: { kind: 'Absent', proxmoxTime: source.proxmoxTime } };
  return { source, target: await proxmox.readGuest({ ...onSource, node: target }, signal) };
}
