import type { Cluster } from '../world/cluster.ts';
import { type Task, TaskFailure } from '../world/task.ts';

/** Writes a migration task's log: each line with the node's wall clock in front. */
export interface MigrationLog {
  line(text: string): void;
  /** The guest stayed where it was: the reason, then the end of the task (docs/proxmox-api.md §6.6). */
  aborted(reason: string): TaskFailure;
  /** The move itself went wrong, or what follows it. */
  problems(reason: string, leavesLock?: boolean): TaskFailure;
  warn(text: string): void;
  error(text: string): void;
  finished(): void;
}

export function createMigrationLog(cluster: Cluster, task: Task): MigrationLog {
  const line = (text: string) => task.log.push(`${timestamp(cluster.now())} ${text}`);
  const duration = () => formatDuration(cluster.now() - task.startedAt);
  return {
    line,
    aborted(reason) {
      line(`ERROR: migration aborted (duration ${duration()}): ${reason}`);
      return new TaskFailure('migration aborted');
    },
    problems(reason, leavesLock = false) {
      line(`ERROR: ${reason}`);
      line(`ERROR: migration finished with problems (duration ${duration()})`);
      return new TaskFailure('migration problems', false, leavesLock);
    },
    warn: (text) => line(`WARN: ${text}`),
    error: (text) => line(`ERROR: ${text}`),
    finished: () => line(`migration finished successfully (duration ${duration()})`),
  };
}

/** `2025-11-22 11:59:18`; simulated nodes are in UTC. */
function timestamp(time: number): string {
  return new Date(time).toISOString().slice(0, 19).replace('T', ' ');
}

function formatDuration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  return [seconds / 3600, (seconds / 60) % 60, seconds % 60]
    .map((part) => String(Math.floor(part)).padStart(2, '0'))
    .join(':');
}

/** `16.0 GiB`, as QEMU's progress lines have it. */
export function formatSize(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value.toFixed(1)} ${units[unit]}`;
}
