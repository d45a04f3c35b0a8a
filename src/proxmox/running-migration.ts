import type { ClusterNode, Guest, GuestType, IncomingMemory } from '../balancing/cluster.ts';
import { guestRoomBytes } from '../balancing/cluster.ts';
import type { ResourceEntry } from './schemas/cluster-resources.ts';
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

/** Type of a task running on each guest; a migration wins over others. */
export function activeTasks(tasks: readonly TaskEntry[]): ReadonlyMap<number, string> {
  const active = new Map<number, string>();
  for (const task of tasks.filter(isRunning)) {
    const vmid = parseVmid(task.id);
    if (vmid === undefined) continue;
    if (!active.has(vmid) || isMigrateTask(task.type)) active.set(vmid, task.type);
  }
  return active;
}

/** The migrations among the tasks, targets still unknown. `hamigrate` does not say which kind of guest it moves. */
export function runningMigrations(
  tasks: readonly TaskEntry[],
  resources: readonly ResourceEntry[],
): readonly RunningMigration[] {
  return tasks.filter(isRunning).flatMap((task) => {
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
 * source: in doubt nothing moves there. One that runs on a dead node goes nowhere.
 */
export function incomingMemory(
  migrations: readonly RunningMigration[],
  nodes: readonly ClusterNode[],
  guests: readonly Guest[],
): readonly IncomingMemory[] {
  const byVmid = new Map(guests.map((guest) => [guest.vmid, guest]));
  return migrations.flatMap((migration) => {
    const source = nodes.find((node) => node.name === migration.node);
    if (source?.availability === 'Offline') return [];
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
