import type { DiskSpecification } from '../scenario/specifications.ts';
import type { Cluster } from '../world/cluster.ts';
import type { Guest } from '../world/guest.ts';

export function isShared(cluster: Cluster, storage: string): boolean {
  return cluster.scenario.storages.find((each) => each.name === storage)?.shared ?? false;
}

/** The guest's disks that are on storage of one node only. */
export function localDisks(cluster: Cluster, guest: Guest): readonly DiskSpecification[] {
  return guest.disks.filter((disk) => !isShared(cluster, disk.storage));
}

/** Bytes a migration to `target` must copy: replicated disks are there already. */
export function bytesToCopy(cluster: Cluster, guest: Guest, target: string): number {
  const replicated = cluster.replication.targetsOf(guest.vmid).includes(target);
  return localDisks(cluster, guest)
    .filter((disk) => disk.kind !== 'cdrom' && !(replicated && disk.replicate))
    .reduce((sum, disk) => sum + disk.sizeBytes, 0);
}

/** Storages of the guest's disks and CD images that a node does not have, with those that are disabled. */
export function unavailableStorages(cluster: Cluster, guest: Guest, node: string): string[] {
  const there = new Set(
    cluster
      .storagesOn(node)
      .filter((storage) => !storage.disabled)
      .map((storage) => storage.name),
  );
  const needed = guest.disks.filter((disk) => disk.kind !== 'unused').map((disk) => disk.storage);
  return [...new Set(needed)].filter((storage) => !there.has(storage));
}
