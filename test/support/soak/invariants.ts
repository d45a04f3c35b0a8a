import type { HistoryEntry } from '../../../src/api/generated/balance-policy.ts';
import type { TaskView } from '../../../src/simulator/cluster-view.ts';
import { OPERATOR_TOKEN } from '../balance-scenario.ts';

export interface SoakRecord {
  readonly tasks: readonly TaskView[];
  /** Every entry that was ever in a history, by its id. */
  readonly history: ReadonlyMap<string, HistoryEntry>;
  /** When the status was wiped. */
  readonly wipes: readonly number[];
  readonly cooldownMs: number;
  /** VMIDs of those that a task has HA move along with its guest. */
  readonly movedWith: (task: TaskView) => readonly number[];
  /** UPIDs of tasks with which a guest goes on that has only made room so far, as its plan says. */
  readonly onward: ReadonlySet<string>;
}

/** After its end, however often the operator was killed or the quorum lost. */
const RECORDED_WITHIN_MS = 1_800_000;

/** What the whole run must hold, in words where it does not. */
export function brokenInvariants(record: SoakRecord): readonly string[] {
  const ours = record.tasks.filter(({ user, type }) => user === OPERATOR_TOKEN.id && /migrate$/.test(type));
  return [...ours.flatMap((task) => brokenByTask(task, record)), ...brokenByOrder(ours, record)];
}

function brokenByTask(task: TaskView, { history, wipes }: SoakRecord): readonly string[] {
  const broken: string[] = [];
  if (task.endTime === undefined) return broken;
  const count = [...history.values()].filter(({ upid }) => upid === task.upid).length;
  if (count > 1) broken.push(`${task.upid} is ${count} times in the histories`);
  // With the record wiped meanwhile it may be lost.
  const { startTime, endTime } = task;
  const wiped = wipes.some((time) => time >= startTime && time <= endTime + RECORDED_WITHIN_MS);
  if (count === 0 && !wiped) broken.push(`${task.upid} is in no history`);
  return broken;
}

/** Of the moves of one guest: none beside another, none while the guest rested. */
function brokenByOrder(ours: readonly TaskView[], record: SoakRecord): readonly string[] {
  const last = new Map<number, TaskView>();
  const broken: string[] = [];
  for (const task of ours.toSorted((left, right) => left.startTime - right.startTime)) {
    for (const vmid of [task.vmid ?? 0, ...record.movedWith(task)]) {
      const before = last.get(vmid);
      last.set(vmid, task);
      const how = before && brokenByRepetition(before, task, record);
      if (how !== undefined) broken.push(`guest ${vmid} ${how}: ${before?.upid} and ${task.upid}`);
    }
  }
  return broken;
}

function brokenByRepetition(
  before: TaskView,
  { startTime, upid }: TaskView,
  { wipes, cooldownMs, onward }: SoakRecord,
): string | undefined {
  const { endTime, exitStatus } = before;
  if (endTime === undefined || endTime > startTime) return 'had two tasks at once';
  if (exitStatus !== 'OK' || onward.has(upid) || startTime - endTime >= cooldownMs - 1_000) return undefined;
  const wiped = wipes.some((time) => time >= before.startTime && time <= startTime);
  return wiped ? undefined : 'was moved again within its cooldown';
}
