import type { ConditionType } from '../api/conditions.ts';
import type { Condition } from '../api/generated/condition.ts';
import type { Reason } from '../api/reasons.ts';

export type ConditionUpdate =
  | {
      readonly type: ConditionType;
      readonly status: 'True' | 'False' | 'Unknown';
      readonly reason: Reason;
      readonly message: string;
    }
  /** `Reconciling` and `Stalled` are there only while they are True. */
  | { readonly type: 'Reconciling' | 'Stalled'; readonly status: 'Absent' };

// The CRDs' bound on a condition's message is twice this.
const LONGEST_MESSAGE = 1024;

/**
 * The conditions with the updates taken in. `lastTransitionTime` moves only with the status; conditions that no update
 * names stay as they are, and so does the order, so that equal conditions are equal lists.
 */
export function withConditions(
  conditions: readonly Condition[] | undefined,
  updates: readonly ConditionUpdate[],
  observedGeneration: number,
  now: number,
): readonly Condition[] {
  const result = [...(conditions ?? [])];
  for (const update of updates) {
    const index = result.findIndex((condition) => condition.type === update.type);
    const before = index < 0 ? undefined : result[index];
    if (update.status === 'Absent') {
      if (before) result.splice(index, 1);
      continue;
    }
    const next: Condition = {
      type: update.type,
      status: update.status,
      reason: update.reason,
      message: shorten(update.message, LONGEST_MESSAGE),
      observedGeneration,
      lastTransitionTime: before?.status === update.status ? before.lastTransitionTime : formatTime(now),
    };
    if (before) result[index] = next;
    else result.push(next);
  }
  return result;
}

export function findCondition(
  conditions: readonly Condition[] | undefined,
  type: ConditionType,
): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/** RFC 3339 to the second, as Kubernetes writes times. */
export function formatTime(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}

/** The same, not before the moment: the interval of a policy is not cut short. */
export function formatTimeAfter(milliseconds: number): string {
  return formatTime(Math.ceil(milliseconds / 1_000) * 1_000);
}

export function shorten(text: string, longest: number): string {
  if (text.length <= longest) return text;
  // Half a character would be stored as another one, and differ from what it was made of for ever.
  return `${text.slice(0, longest - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
