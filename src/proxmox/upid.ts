import type { GuestType } from '../balancing/cluster.ts';

/** A task's identifier, taken apart (docs/proxmox-api.md §7.1). */
export interface Upid {
  /** Where the task runs: the only node that knows it. */
  readonly node: string;
  readonly pid: number;
  readonly processStart: number;
  /** Milliseconds since the epoch, clock of that node, whole seconds. */
  readonly startTime: number;
  readonly type: string;
  /** VMID of a guest's task; may be empty. */
  readonly id: string;
  /** `user@realm` or `user@realm!token`. */
  readonly user: string;
}

const UPID =
  /^UPID:([A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?):([0-9A-Fa-f]{8}):([0-9A-Fa-f]{8,9}):([0-9A-Fa-f]{8}):([^:\s/]+):([^:\s/]*):([^:\s/]+):$/;

/** Undefined when the text is not a UPID. */
export function parseUpid(text: string): Upid | undefined {
  const match = UPID.exec(text);
  if (!match) return undefined;
  const [, node = '', pid = '', processStart = '', startTime = '', type = '', id = '', user = ''] = match;
  return {
    node,
    pid: Number.parseInt(pid, 16),
    processStart: Number.parseInt(processStart, 16),
    startTime: Number.parseInt(startTime, 16) * 1_000,
    type,
    id,
    user,
  };
}

export function formatUpid(upid: Upid): string {
  const hex = (value: number) => value.toString(16).toUpperCase().padStart(8, '0');
  const start = hex(Math.round(upid.startTime / 1_000));
  return `UPID:${upid.node}:${hex(upid.pid)}:${hex(upid.processStart)}:${start}:${upid.type}:${upid.id}:${upid.user}:`;
}

const MIGRATE_TASK_TYPES = ['qmigrate', 'vzmigrate', 'hamigrate'];

export function isMigrateTask(type: string): boolean {
  return MIGRATE_TASK_TYPES.includes(type);
}

/** Which kind of guest a task type is about, where the type says. */
export function guestTypeOfTask(type: string): GuestType | undefined {
  if (type.startsWith('qm')) return 'qemu';
  return type.startsWith('vz') && type !== 'vzdump' ? 'lxc' : undefined;
}

/** A guest's VMID as tasks and HA carry it: digits. */
export function parseVmid(text: string): number | undefined {
  return /^[1-9]\d{2,8}$/.test(text) ? Number(text) : undefined;
}
