import type { ConditionType } from '../../src/api/conditions.ts';
import type { Condition } from '../../src/api/generated/condition.ts';
import { findCondition } from '../../src/controllers/conditions.ts';

/** As far as it is looked at here, a PveCluster or a BalancePolicy. */
export interface Conditioned {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly generation?: number };
  readonly status?: { readonly conditions?: readonly Condition[] };
}

/** Whether the operator says so of the present spec, and not of an earlier one. */
export function isTrue(object: Conditioned, type: ConditionType): boolean {
  const condition = findCondition(object.status?.conditions, type);
  return condition?.status === 'True' && condition.observedGeneration === object.metadata.generation;
}

/** @throws Error where the operator waits for a person: nobody would come */
export function refuseStalled(object: Conditioned): void {
  const stalled = findCondition(object.status?.conditions, 'Stalled');
  if (stalled?.status !== 'True') return;
  throw new Error(
    `${object.kind} ${object.metadata.name} is stalled (${stalled.reason}): ${stalled.message}`,
  );
}
