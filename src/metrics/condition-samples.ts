import type { Condition } from '../api/generated/condition.ts';
import type { Sample } from './read-gauge.ts';

const STATUSES = ['True', 'False', 'Unknown'] as const;

/** For each type of condition and each status it can have whether it has it; none of them where it is not there. */
export function conditionSamples(
  types: readonly string[],
  conditions: readonly Condition[],
): readonly Sample<'condition' | 'status'>[] {
  return types.flatMap((condition) => {
    const present = conditions.find(({ type }) => type === condition)?.status;
    return STATUSES.map((status) => ({ labels: { condition, status }, value: present === status ? 1 : 0 }));
  });
}
