import { parseUpid } from '../../proxmox/upid.ts';
import type { MigrateTask } from '../proxmox-cluster.ts';

/** The tasks begun after `afterUpid` on the same node, oldest first; all of them when there was none before. */
export function tasksNewerThan(
  afterUpid: string | undefined,
  tasks: readonly MigrateTask[],
): readonly MigrateTask[] {
  const aged = tasks
    .map((task) => ({ task, age: ageOf(task.upid) }))
    .sort((left, right) => compareAges(left.age, right.age));
  if (afterUpid === undefined) return aged.map(({ task }) => task);
  const limit = ageOf(afterUpid);
  return aged.filter(({ age }) => compareAges(age, limit) > 0).map(({ task }) => task);
}

/** The newest of them, by the time in its UPID. */
export function newestUpid(tasks: readonly MigrateTask[]): string | undefined {
  return tasksNewerThan(undefined, tasks).at(-1)?.upid;
}

// UPIDs have whole seconds; within one, the start of the process (in ticks since boot) tells which came first.
type Age = readonly [startTime: number, processStart: number];

function ageOf(upid: string): Age {
  const parsed = parseUpid(upid);
  return parsed ? [parsed.startTime, parsed.processStart] : [0, 0];
}

function compareAges(left: Age, right: Age): number {
  return left[0] - right[0] || left[1] - right[1];
}
