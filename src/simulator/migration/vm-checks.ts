import type { Cluster } from '../world/cluster.ts';
import type { Guest } from '../world/guest.ts';
import type { Node } from '../world/node.ts';
import type { MigrationOptions } from './common.ts';
import { localDevices, missingDevices } from './devices.ts';
import type { MigrationLog } from './migration-log.ts';
import { localDisks, unavailableStorages } from './volumes.ts';

// Storages that can send a volume together with its snapshots.
const SENDS_SNAPSHOTS = ['zfspool', 'dir', 'nfs', 'btrfs'];

/** What `qmigrate` looks at before it moves anything. Throws the end of the task (docs/proxmox-api.md §6.6). */
export function checkVm(
  cluster: Cluster,
  guest: Guest,
  target: Node,
  options: MigrationOptions,
  log: MigrationLog,
): void {
  const running = guest.status !== 'stopped';
  const devices = localDevices(cluster, guest, running);
  if (devices.blocking.length > 0 && (running || !options.force)) {
    throw log.aborted(`can't migrate VM which uses local devices: ${devices.blocking.join(', ')}`);
  }
  const missing = missingDevices(devices, target.name);
  if (missing.length > 0) {
    throw log.aborted(`can't migrate to '${target.name}': missing mapped devices ${missing.join(', ')}`);
  }
  if (options.targetStorage === undefined) {
    const [storage] = unavailableStorages(cluster, guest, target.name);
    if (storage !== undefined) {
      throw log.aborted(`storage '${storage}' is not available on node '${target.name}'`);
    }
  }
  checkDisks(cluster, guest, target, options, log);
}

function checkDisks(
  cluster: Cluster,
  guest: Guest,
  target: Node,
  options: MigrationOptions,
  log: MigrationLog,
): void {
  const running = guest.status !== 'stopped';
  const replicated = cluster.replication.targetsOf(guest.vmid).includes(target.name);
  const disks = localDisks(cluster, guest);
  const attached = disks.filter((disk) => disk.kind === 'disk' || disk.kind === 'efi');
  if (running && attached.length > 0 && !options.withLocalDisks) {
    throw log.aborted("can't live migrate attached local disks without with-local-disks option");
  }
  const problems = disks.flatMap((disk) => {
    if (disk.kind === 'cdrom') return [[disk.volumeId, 'local cdrom image']];
    if (disk.snapshots.length === 0 || (replicated && disk.replicate)) return [];
    if (running) {
      return [[disk.volumeId, 'online storage migration not possible if non-replicated snapshot exists']];
    }
    const type = cluster.scenario.storages.find((storage) => storage.name === disk.storage)?.type ?? '';
    return SENDS_SNAPSHOTS.includes(type) ? [] : [[disk.volumeId, 'non-migratable snapshot exists']];
  });
  for (const [volume, problem] of problems) log.error(`can't migrate local disk '${volume}': ${problem}`);
  if (problems.length > 0) throw log.aborted("can't migrate VM - check log");
}
