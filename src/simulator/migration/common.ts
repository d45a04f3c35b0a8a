import type { Cluster } from '../world/cluster.ts';
import type { Guest } from '../world/guest.ts';
import type { Node } from '../world/node.ts';
import { delay, type Process } from '../world/process.ts';
import { type Task, TaskFailure } from '../world/task.ts';
import type { MigrationLog } from './migration-log.ts';

export interface MigrationOptions {
  readonly withLocalDisks: boolean;
  /** Bytes a second, 0 for none. */
  readonly bandwidthLimit: number;
  /** Containers: stop, move, start. */
  readonly restart: boolean;
  /** Containers: how long the shutdown may take. */
  readonly shutdownTimeoutMs: number;
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
  part: 'preparation' | 'transfer',
): void {
  const planned = cluster.plannedFailures.get(guest.vmid);
  if (!planned) return;
  const belongs = planned.exitStatus === 'migration aborted' ? 'preparation' : 'transfer';
  if (belongs !== part) return;
  cluster.plannedFailures.delete(guest.vmid);
  if (planned.exitStatus === 'migration aborted') throw log.aborted(planned.reason);
  if (planned.exitStatus === 'migration problems')
    throw log.problems(`online migrate failure - ${planned.reason}`);
  throw new TaskFailure(planned.exitStatus, planned.exitStatus === 'unexpected status');
}

/** Bytes of the guest's disks that are on storage of one node only. */
export function localDiskBytes(cluster: Cluster, guest: Guest): number {
  return guest.disks
    .filter((disk) => !isShared(cluster, disk.storage))
    .reduce((sum, disk) => sum + disk.sizeBytes, 0);
}

export function isShared(cluster: Cluster, storage: string): boolean {
  return cluster.scenario.storages.find((each) => each.name === storage)?.shared ?? false;
}

/** Killed processes and crashed nodes leave the lock behind; everything that ends in order removes it. */
export function removesLock(error: unknown): boolean {
  return !(error instanceof TaskFailure && error.silent);
}
