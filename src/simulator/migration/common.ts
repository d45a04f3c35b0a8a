import type { MigrationRemnants } from '../scenario/document.ts';
import type { Cluster } from '../world/cluster.ts';
import type { Guest } from '../world/guest.ts';
import type { Node } from '../world/node.ts';
import { delay, type Process } from '../world/process.ts';
import { type Task, TaskFailure } from '../world/task.ts';
import type { MigrationLog } from './migration-log.ts';

export interface MigrationOptions {
  readonly withLocalDisks: boolean;
  /** Undefined: the storages the disks are on now. */
  readonly targetStorage?: string | undefined;
  /** Bytes a second, 0 for none. */
  readonly bandwidthLimit: number;
  /** Containers: stop, move, start. */
  readonly restart: boolean;
  /** Containers: how long the shutdown may take. */
  readonly shutdownTimeoutMs: number;
  /** Only root@pam and HA. */
  readonly force?: boolean;
}

const LOCK_WAIT_MS = 10_000;
const CONNECT_MS = 1_000;
const CONNECT_TIMEOUT_MS = 10_000;

/** Tasks that move this guest, or ask HA to, and have not ended. */
export function runningMigrations(cluster: Cluster, vmid: number): readonly Task[] {
  return cluster.tasks.running().filter((task) => task.migration?.vmid === vmid);
}

/** One migration of a guest at a time: the second waits for the first one's lock file and gives up after 10 s. */
export function* takeMigrationLock(cluster: Cluster, task: Task, guest: Guest): Process {
  const earlier = () =>
    runningMigrations(cluster, guest.vmid).some(
      (other) => other !== task && other.type !== 'hamigrate' && other.startedAt <= task.startedAt,
    );
  const end = cluster.now() + LOCK_WAIT_MS;
  while (earlier()) {
    if (cluster.now() >= end) {
      throw new TaskFailure(
        `can't lock file '/var/lock/pve-manager/pve-migrate-${guest.vmid}' - got timeout`,
      );
    }
    yield delay(cluster.timeline, 1_000);
  }
}

/** Fails the way ssh does when the target is not there. */
export function* connect(cluster: Cluster, log: MigrationLog, target: Node): Process {
  yield delay(cluster.timeline, target.online ? CONNECT_MS : CONNECT_TIMEOUT_MS);
  if (!target.online) throw log.aborted("Can't connect to destination address using public key");
}

/** Makes the task fail here if its failure was planned and belongs to this part of a migration. */
export function failAsPlanned(
  cluster: Cluster,
  log: MigrationLog,
  guest: Guest,
  part: 'preparation' | 'transfer' | 'end',
): void {
  const planned = cluster.plannedFailures.get(guest.vmid);
  if (!planned || partOf(planned.exitStatus, planned.leaves) !== part) return;
  cluster.plannedFailures.delete(guest.vmid);
  const { exitStatus, reason, leaves } = planned;
  if (part === 'end') throw failureAtEnd(cluster, log, guest, exitStatus, reason, leaves);
  if (exitStatus === 'migration aborted') throw log.aborted(reason);
  if (exitStatus === 'migration problems') throw log.problems(`online migrate failure - ${reason}`);
  throw new TaskFailure(exitStatus, exitStatus === 'unexpected status');
}

function partOf(exitStatus: string, leaves: MigrationRemnants | undefined) {
  if (leaves !== undefined || exitStatus.startsWith('WARNINGS:')) return 'end';
  const early = exitStatus === 'migration aborted' || exitStatus.startsWith("can't lock file");
  return early ? 'preparation' : 'transfer';
}

// The guest is on the target: only what follows goes wrong (docs/proxmox-api.md §6.6).
function failureAtEnd(
  cluster: Cluster,
  log: MigrationLog,
  guest: Guest,
  exitStatus: string,
  reason: string,
  leaves: MigrationRemnants | undefined,
): TaskFailure {
  if (leaves === 'paused' || leaves === 'stopped') cluster.setStatus(guest, leaves);
  if (exitStatus === 'migration problems') return log.problems(reason, leaves === 'locked');
  if (exitStatus.startsWith('WARNINGS:')) log.warn(reason);
  return new TaskFailure(exitStatus, exitStatus === 'unexpected status', leaves === 'locked');
}

/** Moves bytes over the migration network, as fast as links and limits let it. */
export function* transferBytes(
  cluster: Cluster,
  guest: Guest,
  target: Node,
  bytes: number,
  limit: number,
): Process {
  if (bytes === 0) return;
  const transfer = cluster.network.start({ source: guest.node, target: target.name, bytes, limit });
  try {
    yield transfer.completion;
  } finally {
    transfer.cancel();
  }
}

/** Killed processes and crashed nodes leave the lock behind; everything that ends in order removes it. */
export function removesLock(error: unknown): boolean {
  return !(error instanceof TaskFailure && (error.silent || error.leavesLock));
}
