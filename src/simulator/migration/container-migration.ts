import type { Cluster } from '../world/cluster.ts';
import type { Guest } from '../world/guest.ts';
import { hasMemoryFor } from '../world/load.ts';
import type { Node } from '../world/node.ts';
import { delay, type Process } from '../world/process.ts';
import type { Task } from '../world/task.ts';
import {
  connect,
  failAsPlanned,
  isShared,
  localDiskBytes,
  type MigrationOptions,
  removesLock,
  takeMigrationLock,
} from './common.ts';
import { createMigrationLog, type MigrationLog } from './migration-log.ts';
import { nextPid } from './vm-migration.ts';

const MOVE_MS = 1_000;
const START_MS = 3_000;

/** `vzmigrate` (docs/proxmox-api.md §6.3): a running container is shut down, moved and started again. */
export function* migrateContainer(
  cluster: Cluster,
  task: Task,
  guest: Guest,
  target: Node,
  options: MigrationOptions,
): Process {
  const log = createMigrationLog(cluster, task);
  yield* takeMigrationLock(cluster, task, guest);
  if (guest.lock !== undefined) throw log.aborted(`CT is locked (${guest.lock})`);
  yield* connect(cluster, log, target);
  failAsPlanned(cluster, log, guest, 'preparation');
  const source = cluster.node(guest.node);
  const running = guest.status !== 'stopped';
  if (running && !options.restart) throw log.aborted('lxc live migration is currently not implemented');
  if (running) yield* shutDown(cluster, guest, options, log);
  guest.lock = 'migrate';
  let keepLock = true;
  try {
    log.line(`starting migration of CT ${guest.vmid} to node '${target.name}' (${target.ip})`);
    yield* copy(cluster, guest, target, options, log);
    yield delay(cluster.timeline, MOVE_MS);
    failAsPlanned(cluster, log, guest, 'transfer');
    if (!target.online) throw log.aborted('lost connection to target');
    cluster.moveGuest(guest, target.name);
    keepLock = false;
  } catch (error) {
    keepLock = !removesLock(error);
    // A container that could not be copied is started again where it was.
    if (!keepLock && running && source.online) start(cluster, guest, source);
    throw error;
  } finally {
    if (!keepLock) guest.lock = undefined;
  }
  log.line('start final cleanup');
  if (running) {
    log.line('start container on target node');
    yield delay(cluster.timeline, START_MS);
    if (!target.online || !hasMemoryFor(cluster, target, guest)) {
      throw log.problems(`start of CT ${guest.vmid} on '${target.name}' failed`);
    }
    start(cluster, guest, target);
  }
  log.finished();
}

function* shutDown(cluster: Cluster, guest: Guest, options: MigrationOptions, log: MigrationLog): Process {
  log.line(`shutdown CT ${guest.vmid}`);
  if (guest.shutdownMs > options.shutdownTimeoutMs) {
    yield delay(cluster.timeline, options.shutdownTimeoutMs);
    // Nobody takes the request back: it stops when it is ready, and stays stopped.
    const stopped = () => cluster.setStatus(guest, 'stopped');
    cluster.timeline.after(guest.shutdownMs - options.shutdownTimeoutMs, stopped);
    throw log.aborted('container did not stop');
  }
  yield delay(cluster.timeline, guest.shutdownMs);
  cluster.setStatus(guest, 'stopped');
}

function* copy(
  cluster: Cluster,
  guest: Guest,
  target: Node,
  options: MigrationOptions,
  log: MigrationLog,
): Process {
  for (const [index, disk] of guest.disks.entries()) {
    const volume = `${disk.storage}:vm-${guest.vmid}-disk-${index}`;
    if (isShared(cluster, disk.storage))
      log.line(`volume '${volume}' is on shared storage '${disk.storage}'`);
    else log.line(`found local volume '${volume}' (in current VM config)`);
  }
  const bytes = localDiskBytes(cluster, guest);
  if (bytes === 0) return;
  const request = { source: guest.node, target: target.name, bytes, limit: options.bandwidthLimit };
  const transfer = cluster.network.start(request);
  try {
    yield transfer.completion;
  } finally {
    transfer.cancel();
  }
}

function start(cluster: Cluster, guest: Guest, node: Node): void {
  cluster.setStatus(guest, 'running');
  guest.pid = nextPid(node);
}
