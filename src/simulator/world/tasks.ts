import type { Cluster } from './cluster.ts';
import type { Node } from './node.ts';
import { type Process, runProcess } from './process.ts';
import { isRunning, type Task, TaskFailure } from './task.ts';
import { formatUpid } from './upid.ts';

export interface TaskRequest {
  readonly node: Node;
  readonly type: string;
  readonly id: string;
  /** `user@realm` or `user@realm!token` */
  readonly user: string;
  readonly migration?: Task['migration'];
}

/** All tasks of the cluster, in the order they started. */
export interface Tasks {
  /** Starts a task; `body` runs up to its first wait before this returns. */
  start(request: TaskRequest, body: (task: Task) => Process): Task;
  find(upid: string): Task | undefined;
  /** Calls back with every task that starts, before it has done anything. */
  onStart(listener: (task: Task) => void): void;
  all(): readonly Task[];
  running(): readonly Task[];
  /** Ends a running task where it is, with this exit status; it cannot clean up. */
  kill(task: Task, failure: TaskFailure): void;
  /** Asks a running task to end, which it does in order if it can in time. Returns how long that takes. */
  interrupt(task: Task): number;
}

const KILL_AFTER_MS = 5_000;

export function createTasks(cluster: Cluster, retentionPerNode: number): Tasks {
  const tasks = new Map<string, Task>();
  const startListeners = new Set<(task: Task) => void>();

  function end(task: Task, exitStatus: string): void {
    task.exitStatus = exitStatus;
    task.endedAt = cluster.now();
    task.process = undefined;
    const finished = [...tasks.values()].filter((each) => each.node === task.node && !isRunning(each));
    for (const old of finished.slice(0, Math.max(0, finished.length - retentionPerNode)))
      tasks.delete(old.upid);
  }

  function finish(task: Task, error: unknown): void {
    if (error === undefined) {
      task.log.push('TASK OK');
      end(task, 'OK');
      return;
    }
    if (!(error instanceof TaskFailure)) throw error;
    if (!error.silent) task.log.push(lastLine(error.exitStatus));
    end(task, error.exitStatus);
  }

  const tasksOfCluster: Tasks = {
    start(request, body) {
      const { node } = request;
      // A worker's PID is never given twice here, so no two tasks share a UPID.
      node.lastPid += 1 + (node.lastPid % 7);
      const identity = {
        node: node.name,
        pid: node.lastPid,
        pstart: Math.floor((cluster.now() - node.bootTime) / 10),
        startTime: Math.floor(cluster.now() / 1000),
        type: request.type,
        id: request.id,
        user: request.user,
      };
      const task: Task = {
        ...identity,
        upid: formatUpid(identity),
        startedAt: cluster.now(),
        migration: request.migration,
        log: [],
        endedAt: undefined,
        exitStatus: undefined,
        process: undefined,
        slowToEnd: false,
        endsInOrder: false,
      };
      tasks.set(task.upid, task);
      for (const listener of startListeners) listener(task);
      const process = runProcess(body(task), (error) => finish(task, error));
      if (isRunning(task)) task.process = process;
      return task;
    },
    onStart: (listener) => startListeners.add(listener),
    find: (upid) => tasks.get(upid),
    all: () => [...tasks.values()],
    running: () => [...tasks.values()].filter(isRunning),
    kill(task, failure) {
      task.process?.stop();
      if (isRunning(task)) finish(task, failure);
    },
    interrupt(task) {
      if (!isRunning(task)) return 0;
      if (task.slowToEnd) {
        cluster.timeline.after(KILL_AFTER_MS, () => {
          if (isRunning(task)) tasksOfCluster.kill(task, new TaskFailure('unexpected status', true));
        });
        return KILL_AFTER_MS;
      }
      task.endsInOrder = true;
      tasksOfCluster.kill(task, new TaskFailure('received interrupt'));
      return 0;
    },
  };
  return tasksOfCluster;
}

function lastLine(exitStatus: string): string {
  return exitStatus.startsWith('WARNINGS:') ? `TASK ${exitStatus}` : `TASK ERROR: ${exitStatus}`;
}
