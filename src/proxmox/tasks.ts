import { isOperatorError, OperatorError } from '../lib/errors.ts';
import type { GuestOnNode } from './guest.ts';
import { ProxmoxError } from './proxmox-error.ts';
import { apiPath, type ProxmoxAnswer, type ProxmoxReader, type Query } from './reader.ts';
import { removedSince } from './removed-node.ts';
import { isRunning, taskList } from './schemas/cluster-tasks.ts';
import { taskStatus } from './schemas/task-status.ts';
import { errorLine, progressOf, readLogTail } from './task-log.ts';
import { isMigrateTask, parseUpid, type Upid } from './upid.ts';

export type TaskReading =
  | {
      readonly kind: 'Running';
      readonly startTime: number;
      readonly progressPercent: number | undefined;
      readonly proxmoxTime: number;
    }
  | {
      readonly kind: 'Stopped';
      readonly startTime: number;
      readonly exitStatus: string;
      /** The last error line of its log, where it failed and the log has one. */
      readonly errorText: string | undefined;
      readonly proxmoxTime: number;
    }
  /** Its log is gone, alone or with its node. */
  | { readonly kind: 'Pruned'; readonly proxmoxTime: number };

export interface MigrateTasks {
  readonly tasks: readonly MigrateTask[];
  readonly proxmoxTime: number;
}

export interface MigrateTask {
  readonly upid: string;
  readonly vmid: number;
  readonly node: string;
  /** `user@realm` or `user@realm!token`, as in the UPID. */
  readonly user: string;
  /** Milliseconds since the epoch, Proxmox time. */
  readonly startTime: number;
  readonly running: boolean;
}

const LISTED_TASKS = 100;

/** How a task stands, asked of its own node; another node would not know it (docs/proxmox-api.md §7.2). */
export async function readTask(
  reader: ProxmoxReader,
  upid: string,
  signal: AbortSignal,
): Promise<TaskReading> {
  const { node } = expectUpid(upid);
  const path = apiPath('nodes', node, 'tasks', upid, 'status');
  try {
    const { data, proxmoxTime } = await reader.get(path, {}, signal);
    const { status, exitstatus, starttime } = taskStatus.expect(data, path);
    const startTime = starttime * 1_000;
    if (status === 'running') {
      const progressPercent = progressOf(await logIfReadable(reader, upid, signal));
      return { kind: 'Running', startTime, progressPercent, proxmoxTime };
    }
    // A stopped task without an exit status was killed before it could write one.
    const exitStatus = exitstatus || 'unexpected status';
    const errorText = succeeded(exitStatus)
      ? undefined
      : errorLine(await logIfReadable(reader, upid, signal));
    return { kind: 'Stopped', startTime, exitStatus, errorText, proxmoxTime };
  } catch (error) {
    const proxmoxTime = prunedSince(error) ?? (await removedSince(reader, node, error, signal));
    if (proxmoxTime === undefined) throw error;
    return { kind: 'Pruned', proxmoxTime };
  }
}

/** Migrate tasks of a guest, running and finished, as its node lists them; newest first. None of a node that was removed. */
export async function listMigrateTasks(
  reader: ProxmoxReader,
  guest: GuestOnNode,
  signal: AbortSignal,
): Promise<MigrateTasks> {
  const path = apiPath('nodes', guest.node, 'tasks');
  const query = { source: 'all', vmid: guest.vmid, limit: LISTED_TASKS };
  const { data, proxmoxTime } = await listOf(reader, guest.node, path, query, signal);
  const tasks = taskList.expect(data, path).flatMap((entry) => {
    const upid = parseUpid(entry.upid);
    if (!upid || !isMigrateTask(upid.type) || upid.id !== String(guest.vmid)) return [];
    const { node, user, startTime } = upid;
    return [{ upid: entry.upid, vmid: guest.vmid, node, user, startTime, running: isRunning(entry) }];
  });
  return { tasks: tasks.sort((left, right) => right.startTime - left.startTime), proxmoxTime };
}

async function listOf(
  reader: ProxmoxReader,
  node: string,
  path: string,
  query: Query,
  signal: AbortSignal,
): Promise<ProxmoxAnswer> {
  try {
    return await reader.get(path, query, signal);
  } catch (error) {
    const proxmoxTime = await removedSince(reader, node, error, signal);
    if (proxmoxTime === undefined) throw error;
    return { data: [], proxmoxTime };
  }
}

/** `OK`, or done with warnings (docs/proxmox-api.md §7.2). */
function succeeded(exitStatus: string): boolean {
  return exitStatus === 'OK' || /^WARNINGS: \d+$/.test(exitStatus);
}

/** When PVE said that it has no log of the task; undefined for every other error. */
export function prunedSince(error: unknown): number | undefined {
  if (!(error instanceof ProxmoxError) || error.code !== 'InvalidRequest') return undefined;
  return error.fields.upid?.includes('no such task') ? error.proxmoxTime : undefined;
}

function expectUpid(text: string): Upid {
  const upid = parseUpid(text);
  if (!upid) throw new OperatorError('InvalidInput', `'${text.slice(0, 100)}' is not the UPID of a task.`);
  return upid;
}

/** What a log adds is welcome, but a task is judged without it. */
async function logIfReadable(
  reader: ProxmoxReader,
  upid: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  try {
    return await readLogTail(reader, upid, signal);
  } catch (error) {
    if (signal.aborted || !isOperatorError(error)) throw error;
    return [];
  }
}
