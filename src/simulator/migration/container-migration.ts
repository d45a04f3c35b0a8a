import type { Cluster } from '../world/cluster.ts';
import type { Guest } from '../world/guest.ts';
import { hasMemoryFor } from '../world/load.ts';
import { type Node, nextPid } from '../world/node.ts';
import { delay, type Process } from '../world/process.ts';
import type { Task } from '../world/task.ts';
import {
  connect,
  failAsPlanned,
  type MigrationOptions,
  removesLock,
  takeMigrationLock,
  transferBytes,
} from './common.ts';
import { createMigrationLog, type MigrationLog } from './migration-log.ts';
import { bytesToCopy, isShared, unavailableStorages } from './volumes.ts';

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
  checkContainer(cluster, guest, target, options, log);
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
    if (!keepLock || task.endsInOrder) guest.lock = undefined;
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
  failAsPlanned(cluster, log, guest, 'end');
  log.finished();
}

function checkContainer(
  cluster: Cluster,
  guest: Guest,
  target: Node,
  options: MigrationOptions,
  log: MigrationLog,
): void {
  if (guest.status !== 'stopped' && !options.restart) {
    throw log.aborted('lxc live migration is currently not implemented');
  }
  for (const [key, value] of Object.entries(guest.config)) {
    const text = String(value);
    if (!/^mp\d+$/.test(key) || !text.startsWith('/') || /(^|,)shared=1(,|$)/.test(text)) continue;
    const kind = text.startsWith('/dev/') ? 'device' : 'bind';
    throw log.aborted(`cannot migrate local ${kind} mount point '${key}'`);
  }
  if (options.targetStorage !== undefined) return;
  const [storage] = unavailableStorages(cluster, guest, target.name);
  if (storage !== undefined) {
    throw log.aborted(`storage '${storage}' is not available on node '${target.name}'`);
  }
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
  for (const { storage, volumeId } of guest.disks) {
    if (isShared(cluster, storage)) log.line(`volume '${volumeId}' is on shared storage '${storage}'`);
    else log.line(`found local volume '${volumeId}' (in current VM config)`);
  }
  const bytes = bytesToCopy(cluster, guest, target.name);
  yield* transferBytes(cluster, guest, target, bytes, options.bandwidthLimit);
}

function start(cluster: Cluster, guest: Guest, node: Node): void {
  cluster.setStatus(guest, 'running');
  guest.pid = nextPid(node);
}
