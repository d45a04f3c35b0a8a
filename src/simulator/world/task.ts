import type { RunningProcess } from './process.ts';
import type { Upid } from './upid.ts';

/** A worker task of a node. Times are milliseconds since the epoch. */
export interface Task extends Upid {
  readonly upid: string;
  readonly startedAt: number;
  /** For tasks that move a guest. */
  readonly migration: { readonly vmid: number; readonly source: string; readonly target: string } | undefined;
  readonly log: string[];
  endedAt: number | undefined;
  exitStatus: string | undefined;
  process: RunningProcess | undefined;
  /** Told to end, it takes longer than it is given, and is killed (docs/proxmox-api.md §6.7). */
  slowToEnd: boolean;
  /** It is being stopped in time to clean up behind itself. */
  endsInOrder: boolean;
}

/** Ends a task with an exit status other than `OK`. */
export class TaskFailure extends Error {
  override readonly name = 'TaskFailure';
  readonly exitStatus: string;
  /** A process that was killed, or whose node crashed, writes no last line. */
  readonly silent: boolean;
  /** It ended in order and yet could not remove the guest's lock. */
  readonly leavesLock: boolean;

  constructor(exitStatus: string, silent = false, leavesLock = false) {
    super(exitStatus);
    this.exitStatus = exitStatus;
    this.silent = silent;
    this.leavesLock = leavesLock;
  }
}

/** `user@realm` of `user@realm!token`. */
export function userOf(authenticated: string): string {
  return authenticated.split('!')[0] ?? authenticated;
}

export function tokenOf(authenticated: string): string | undefined {
  return authenticated.split('!')[1];
}

export function isRunning(task: Task): boolean {
  return task.exitStatus === undefined;
}
