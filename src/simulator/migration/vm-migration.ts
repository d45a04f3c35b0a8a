import type { Cluster } from '../world/cluster.ts';
import { type Guest, hostMemoryBytes } from '../world/guest.ts';
import { hasMemoryFor } from '../world/load.ts';
import type { Node } from '../world/node.ts';
import { delay, firstOf, type Process } from '../world/process.ts';
import type { Task } from '../world/task.ts';
import {
  connect,
  failAsPlanned,
  localDiskBytes,
  type MigrationOptions,
  removesLock,
  takeMigrationLock,
} from './common.ts';
import { createMigrationLog, formatSize, type MigrationLog } from './migration-log.ts';

const START_REMOTE_MS = 2_000;
const START_TUNNEL_MS = 1_000;
const CLEANUP_MS = 2_000;
const PROGRESS_MS = 5_000;

/** `qmigrate` (docs/proxmox-api.md §6.2, §6.6): live when the VM runs, else only its configuration and local disks move. */
export function* migrateVm(
  cluster: Cluster,
  task: Task,
  guest: Guest,
  target: Node,
  options: MigrationOptions,
): Process {
  const log = createMigrationLog(cluster, task);
  yield* takeMigrationLock(cluster, task, guest);
  yield* connect(cluster, log, target);
  const live = guest.status !== 'stopped';
  const diskBytes = localDiskBytes(cluster, guest);
  if (live && diskBytes > 0 && !options.withLocalDisks) {
    throw log.aborted("can't live migrate attached local disks without with-local-disks option");
  }
  failAsPlanned(cluster, log, guest, 'preparation');
  guest.lock = 'migrate';
  let keepLock = true;
  try {
    log.line(`starting migration of VM ${guest.vmid} to node '${target.name}' (${target.ip})`);
    if (live) yield* moveLive(cluster, guest, target, diskBytes, options, log);
    else yield* moveStopped(cluster, guest, target, diskBytes, options);
    yield delay(cluster.timeline, CLEANUP_MS);
    keepLock = false;
  } catch (error) {
    keepLock = !removesLock(error);
    throw error;
  } finally {
    if (!keepLock) guest.lock = undefined;
  }
  log.finished();
}

function* moveLive(
  cluster: Cluster,
  guest: Guest,
  target: Node,
  diskBytes: number,
  options: MigrationOptions,
  log: MigrationLog,
): Process {
  log.line(`starting VM ${guest.vmid} on remote node '${target.name}'`);
  yield delay(cluster.timeline, START_REMOTE_MS);
  if (!hasMemoryFor(cluster, target, guest)) {
    log.line(`[${target.name}] start failed: cannot allocate memory`);
    throw log.problems('online migrate failure - remote command failed with exit code 255');
  }
  const memoryBytes = hostMemoryBytes(guest, cluster.elapsedMs());
  const transfer = cluster.network.start({
    source: guest.node,
    target: target.name,
    bytes: memoryBytes + diskBytes,
    limit: options.bandwidthLimit,
  });
  cluster.arrivals.set(guest.vmid, {
    target: target.name,
    totalBytes: memoryBytes,
    arrivedBytes: () => Math.max(0, transfer.doneBytes() - diskBytes),
  });
  try {
    log.line('start remote tunnel');
    yield delay(cluster.timeline, START_TUNNEL_MS);
    log.line(`starting online/live migration on unix:/run/qemu-server/${guest.vmid}.migrate`);
    while (!transfer.completed) {
      yield firstOf(transfer.completion, delay(cluster.timeline, PROGRESS_MS));
      failAsPlanned(cluster, log, guest, 'transfer');
      if (!target.online) throw log.problems('online migrate failure - lost connection to target');
      log.line(progressLine(transfer.doneBytes(), memoryBytes + diskBytes, transfer.rate));
    }
    log.line('migration status: completed');
    cluster.moveGuest(guest, target.name);
    // The VM now runs in the process that was started on the target.
    guest.startTime = cluster.now();
    guest.pid = nextPid(target);
  } finally {
    transfer.cancel();
    cluster.arrivals.delete(guest.vmid);
  }
}

function* moveStopped(
  cluster: Cluster,
  guest: Guest,
  target: Node,
  diskBytes: number,
  options: MigrationOptions,
): Process {
  if (diskBytes > 0) {
    const request = {
      source: guest.node,
      target: target.name,
      bytes: diskBytes,
      limit: options.bandwidthLimit,
    };
    const transfer = cluster.network.start(request);
    try {
      yield transfer.completion;
    } finally {
      transfer.cancel();
    }
  }
  cluster.moveGuest(guest, target.name);
}

function progressLine(done: number, total: number, rate: number): string {
  return `migration active, transferred ${formatSize(done)} of ${formatSize(total)} VM-state, ${formatSize(rate)}/s`;
}

export function nextPid(node: Node): number {
  node.lastPid += 3;
  return node.lastPid;
}
