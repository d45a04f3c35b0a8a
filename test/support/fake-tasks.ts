import type { MigrationRequest, RunningMigration } from '../../src/controllers/proxmox-cluster.ts';
import { formatUpid } from '../../src/proxmox/upid.ts';
import type { FakeGuest } from './fake-guest.ts';
import type { FakeTask, HaCourse, TaskCourse } from './fake-task.ts';

/** The migrate tasks of a fake cluster, which run in its time and move its guests. */
export interface FakeTasks {
  /** In the order of their start. */
  readonly all: readonly FakeTask[];
  /** Tasks whose logs are gone, and that no list shows any more. */
  readonly pruned: Set<string>;
  /** Running tasks whose target cannot be read. */
  readonly withoutLog: Set<string>;
  /** Tasks that the cluster's list still shows as running after they have ended. */
  readonly lingering: Set<string>;
  /** By VMID: how all later tasks of the guest go. */
  readonly courses: Map<number, TaskCourse>;
  /** By VMID: what HA makes of all later requests for the guest. */
  readonly haCourses: Map<number, HaCourse>;
  start(
    request: MigrationRequest,
    user: string,
    course: TaskCourse,
    lateMs?: number,
    traits?: Partial<Pick<FakeTask, 'taskType' | 'request'>>,
  ): FakeTask;
  isRunning(task: FakeTask): boolean;
  /** Those that have started and are not pruned. */
  visible(): readonly FakeTask[];
  targetOf(task: FakeTask): string | undefined;
  /** As the cluster's list has them. */
  running(): readonly RunningMigration[];
  /** Does to the guests what time has done to them. */
  elapse(): void;
}

export function createFakeTasks(now: () => number, guests: ReadonlyMap<number, FakeGuest>): FakeTasks {
  const all: FakeTask[] = [];
  const pruned = new Set<string>();
  const withoutLog = new Set<string>();
  const lingering = new Set<string>();
  const courses = new Map<number, TaskCourse>();
  const haCourses = new Map<number, HaCourse>();
  const settled = new Set<FakeTask>();
  let processes = 100;

  const isRunning = (task: FakeTask) => task.startTime <= now() && task.endTime > now();

  function elapse(): void {
    for (const task of all) {
      const guest = guests.get(task.vmid);
      if (settled.has(task) || !guest || task.startTime > now() || task.taskType === 'hamigrate') continue;
      if (isRunning(task)) {
        guest.lock = 'migrate';
        continue;
      }
      settled.add(task);
      guest.lock = undefined;
      if (task.moves) guest.node = task.target;
      if (task.request && haCourses.get(task.vmid) === 'Errs') guest.haState = 'error';
    }
  }

  function start(
    request: MigrationRequest,
    user: string,
    course: TaskCourse,
    lateMs = 0,
    traits: Partial<Pick<FakeTask, 'taskType' | 'request'>> = {},
  ): FakeTask {
    const { milliseconds = 20_000, exitStatus = 'OK', errorText } = course;
    const startTime = Math.floor((now() + lateMs) / 1_000) * 1_000;
    const { taskType = request.type === 'qemu' ? 'qmigrate' : 'vzmigrate' } = traits;
    processes += 1;
    const task: FakeTask = {
      upid: formatUpid({
        node: request.node,
        pid: processes,
        processStart: processes,
        startTime,
        type: taskType,
        id: String(request.vmid),
        user,
      }),
      taskType,
      request: traits.request,
      vmid: request.vmid,
      type: request.type,
      source: request.node,
      target: request.target,
      user,
      startTime,
      endTime: startTime + milliseconds,
      exitStatus,
      errorText,
      moves: course.moves ?? (exitStatus === 'OK' || exitStatus.startsWith('WARNINGS')),
    };
    all.push(task);
    elapse();
    return task;
  }

  function visible(): readonly FakeTask[] {
    return all.filter((task) => task.startTime <= now() && !pruned.has(task.upid));
  }

  function targetOf(task: FakeTask): string | undefined {
    return withoutLog.has(task.upid) ? undefined : task.target;
  }

  function running(): readonly RunningMigration[] {
    return visible()
      .filter((task) => isRunning(task) || lingering.has(task.upid))
      .map((task) => ({
        upid: task.upid,
        vmid: task.vmid,
        node: task.source,
        type: task.type,
        user: task.user,
        startTime: task.startTime,
        target: targetOf(task),
      }));
  }

  return {
    all,
    pruned,
    withoutLog,
    lingering,
    courses,
    haCourses,
    start,
    isRunning,
    visible,
    targetOf,
    running,
    elapse,
  };
}
