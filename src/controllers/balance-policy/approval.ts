import type { BalancePolicy, PlanStatus } from '../../api/generated/balance-policy.ts';
import type { PlannedMigration } from '../../balancing/plan.ts';
import { parseBytes } from '../../lib/bytes.ts';
import type { StoredPolicy } from '../resources.ts';
import { planId } from './plan-id.ts';
import { specDuration } from './spec-duration.ts';

/** `<plan id>` lets exactly that plan run, once. */
export const APPROVE = 'pve-cslb.io/approve';

/** The plan that waits for approval, and until when; undefined when there is none that could still be approved. */
export function frozenPlan(
  policy: StoredPolicy,
  now: number,
): { readonly plan: PlanStatus; readonly expires: number } | undefined {
  const { spec, status, metadata } = policy;
  const plan = status?.plan;
  if (spec.mode !== 'Approve' || !plan || plan.id === status.lastHandledApproval) return undefined;
  // Another one since the spec, or the status by hand, was changed: what runs is what was approved.
  if (plan.id !== planId(metadata.uid, metadata.generation ?? 0, plan.time, movesOf(plan))) return undefined;
  const expires = Date.parse(plan.time) + specDuration(spec.approvalTimeout, 'spec.approvalTimeout');
  return expires > now ? { plan, expires } : undefined;
}

/** Whether a person has approved this very plan and that has not been acted on. */
export function isApproved(policy: BalancePolicy, plan: { readonly id: string }): boolean {
  return policy.metadata.annotations?.[APPROVE] === plan.id && policy.status?.lastHandledApproval !== plan.id;
}

/** The approval of a plan that is not, or no longer, the one to approve; undefined when there is none. */
export function strayApproval(
  policy: BalancePolicy,
  plan: { readonly id: string } | undefined,
): string | undefined {
  const approved = policy.metadata.annotations?.[APPROVE];
  if (approved === undefined || approved === policy.status?.lastHandledApproval) return undefined;
  return approved === plan?.id ? undefined : approved;
}

/** What a stored plan lets run. Its status shows memory rounded, and of all together, which is only shown again. */
export function movesOf(plan: PlanStatus): readonly PlannedMigration[] {
  return plan.migrations.map(({ memory, companions = [], ...migration }) => ({
    ...migration,
    memoryBytes: parseBytes(memory) ?? 0,
    companions: companions.map((each) => ({ ...each, memoryBytes: 0 })),
  }));
}
