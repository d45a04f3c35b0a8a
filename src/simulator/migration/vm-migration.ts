import { canRunOn } from '../profile.ts';
import type { Cluster } from '../world/cluster.ts';
import { cpuTypeOf, type Guest, hostMemoryBytes } from '../world/guest.ts';
import { hasMemoryFor } from '../world/load.ts';
import { type Node, nextPid } from '../world/node.ts';
import { delay, firstOf, type Process } from '../world/process.ts';
import type { Task } from '../world/task.ts';
import {
  connect,
  failAsPlanned,
  type MigrationOptions,
  removesLock,
  takeMigrationLock,
  transferBytes,
} from './common.ts';
import { createMigrationLog, formatSize, type MigrationLog } from './migration-log.ts';
import { checkVm } from './vm-checks.ts';
import { bytesToCopy } from './volumes.ts';

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
  checkVm(cluster, guest, target, options, log);
  failAsPlanned(cluster, log, guest, 'preparation');
  guest.lock = 'migrate';
  let keepLock = true;
  const diskBytes = bytesToCopy(cluster, guest, target.name);
  try {
    log.line(`starting migration of VM ${guest.vmid} to node '${target.name}' (${target.ip})`);
    if (guest.status === 'stopped') {
      yield* transferBytes(cluster, guest, target, diskBytes, options.bandwidthLimit);
      failAsPlanned(cluster, log, guest, 'transfer');
      cluster.moveGuest(guest, target.name);
    } else yield* moveLive(cluster, task, guest, target, diskBytes, options, log);
    yield delay(cluster.timeline, CLEANUP_MS);
    failAsPlanned(cluster, log, guest, 'end');
    keepLock = false;
  } catch (error) {
    keepLock = !removesLock(error);
    throw error;
  } finally {
    if (!keepLock || task.endsInOrder) guest.lock = undefined;
  }
  log.finished();
}

function* moveLive(
  cluster: Cluster,
  task: Task,
  guest: Guest,
  target: Node,
  diskBytes: number,
  options: MigrationOptions,
  log: MigrationLog,
): Process {
  log.line(`starting VM ${guest.vmid} on remote node '${target.name}'`);
  yield delay(cluster.timeline, START_REMOTE_MS);
  const obstacle = obstacleOnTarget(cluster, guest, target);
  if (obstacle !== undefined) {
    log.line(`[${target.name}] ${obstacle}`);
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
    // From here on a process that is told to end takes longer to clean up than it is given.
    task.slowToEnd = true;
    if (transfer.completed) failAsPlanned(cluster, log, guest, 'transfer');
    while (!transfer.completed) {
      yield firstOf(transfer.completion, delay(cluster.timeline, PROGRESS_MS));
      failAsPlanned(cluster, log, guest, 'transfer');
      if (!target.online) throw log.problems('online migrate failure - lost connection to target');
      log.line(progressLine(transfer.doneBytes(), memoryBytes + diskBytes, transfer.rate));
    }
    log.line('migration status: completed');
    task.slowToEnd = false;
    cluster.moveGuest(guest, target.name);
    // The VM now runs in the process that was started on the target.
    guest.startTime = cluster.now();
    guest.pid = nextPid(target);
  } finally {
    transfer.cancel();
    cluster.arrivals.delete(guest.vmid);
  }
}

/** Why the VM's process cannot be started on the target; PVE looks at none of it before (§6.2, §6.6). */
function obstacleOnTarget(cluster: Cluster, guest: Guest, target: Node): string | undefined {
  const source = cluster.node(guest.node);
  if (!hasMemoryFor(cluster, target, guest)) return 'start failed: cannot allocate memory';
  if (!canRunOn(source.profile, target.profile)) {
    return `start failed: unsupported machine type 'pc-q35-${source.profile.qemu}'`;
  }
  const cpuType = cpuTypeOf(guest);
  if (cpuType !== 'host' && cpuType !== 'max') return undefined;
  const flags = new Set(target.cpuFlags.split(' '));
  const fits =
    source.cpuModel === target.cpuModel && source.cpuFlags.split(' ').every((flag) => flags.has(flag));
  return fits ? undefined : "start failed: host doesn't support requested feature";
}

function progressLine(done: number, total: number, rate: number): string {
  return `migration active, transferred ${formatSize(done)} of ${formatSize(total)} VM-state, ${formatSize(rate)}/s`;
}
