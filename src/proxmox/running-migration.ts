import type { ClusterNode, Guest, GuestType, IncomingMemory } from '../balancing/cluster.ts';
import { guestRoomBytes } from '../balancing/cluster.ts';
import type { ResourceEntry } from './schemas/cluster-resources.ts';
import type { ClusterStatusEntry } from './schemas/cluster-status.ts';
import { isRunning, type TaskEntry } from './schemas/cluster-tasks.ts';
import { guestTypeOfTask, isMigrateTask, parseUpid, parseVmid } from './upid.ts';

/** A migrate task under way, whoever started it. */
export interface RunningMigration {
  readonly upid: string;
  readonly vmid: number;
  readonly node: string;
  readonly type: GuestType;
  /** `user@realm` or `user@realm!token` */
  readonly user: string;
  /** Milliseconds since the epoch, Proxmox time. */
  readonly startTime: number;
  /** Where it goes, read from the task's log; undefined when that could not be read. */
  readonly target: string | undefined;
}

/** The tasks that run. The list shows those of a dead node as it last told of them, running for ever: they do not count. */
export function runningTasks(
  tasks: readonly TaskEntry[],
  status: readonly ClusterStatusEntry[],
): readonly TaskEntry[] {
  const dead = new Set(
    status.flatMap((entry) => (entry.type === 'node' && !entry.online ? [entry.name] : [])),
  );
  return tasks.filter((task) => isRunning(task) && !dead.has(task.node));
}

/** Type of a task running on each guest; a migration wins over others. */
export function activeTasks(running: readonly TaskEntry[]): ReadonlyMap<number, string> {
  const active = new Map<number, string>();
  for (const task of running) {
    const vmid = parseVmid(task.id);
    if (vmid === undefined) continue;
    if (!active.has(vmid) || isMigrateTask(task.type)) active.set(vmid, task.type);
  }
  return active;
}

/** The migrations among the running tasks, targets still unknown. `hamigrate` does not say which kind of guest it moves. */
export function runningMigrations(
  running: readonly TaskEntry[],
  resources: readonly ResourceEntry[],
): readonly RunningMigration[] {
  return running.flatMap((task) => {
    const upid = parseUpid(task.upid);
    if (!upid || !isMigrateTask(upid.type)) return [];
    const vmid = parseVmid(upid.id);
    if (vmid === undefined) return [];
    const listed = resources.find((entry) => entry.vmid === vmid && ['qemu', 'lxc'].includes(entry.type));
    const type = guestTypeOfTask(upid.type) ?? (listed?.type === 'lxc' ? 'lxc' : 'qemu');
    const { node, user, startTime } = upid;
    return [{ upid: task.upid, vmid, node, type, user, startTime, target: undefined }];
  });
}

/**
 * Memory on its way. A migration whose target is not known may go to any node, so it is counted on every one but its
 * source: in doubt nothing moves there.
 */
export function incomingMemory(
  migrations: readonly RunningMigration[],
  nodes: readonly ClusterNode[],
  guests: readonly Guest[],
): readonly IncomingMemory[] {
  const byVmid = new Map(guests.map((guest) => [guest.vmid, guest]));
  return migrations.flatMap((migration) => {
    const guest = byVmid.get(migration.vmid);
    const targets = nodes.filter(
      (node) =>
        node.name === migration.target || (migration.target === undefined && node.name !== migration.node),
    );
    return targets.map((node) => ({
      node: node.name,
      vmid: migration.vmid,
      // What an unreadable guest brings along is unknown: it may fill the node.
      bytes: guest
        ? guestRoomBytes(guest)
        : node.availability === 'Online'
          ? node.figures.memoryTotalBytes
          : 0,
    }));
  });
}
