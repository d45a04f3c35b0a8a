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
function brokenByOrder(ours: readonly TaskView[], { wipes, cooldownMs }: SoakRecord): readonly string[] {
  const last = new Map<number, TaskView>();
  const broken: string[] = [];
  for (const task of ours.toSorted((left, right) => left.startTime - right.startTime)) {
    const { vmid = 0, startTime } = task;
    const before = last.get(vmid);
    last.set(vmid, task);
    if (!before) continue;
    const { endTime } = before;
    if (endTime === undefined || endTime > startTime) {
      broken.push(`guest ${vmid} had two tasks at once: ${before.upid} and ${task.upid}`);
    } else if (
      before.exitStatus === 'OK' &&
      startTime - endTime < cooldownMs - 1_000 &&
      !wipes.some((time) => time >= before.startTime && time <= startTime)
    ) {
      broken.push(`guest ${vmid} was moved again within its cooldown: ${before.upid} and ${task.upid}`);
    }
  }
  return broken;
}
