import type { StoredPolicy } from '../../src/controllers/resources.ts';

/** What was heard of the policy since the demo began. */
export interface Observation {
  readonly policy: StoredPolicy;
  /** Of each evaluation, oldest first: `61.5%`. */
  readonly imbalances: readonly string[];
  /** Of any node in any evaluation. */
  readonly largestWeight: number;
}

/** Takes in the policy as it is now. */
export function observe(before: Observation | undefined, policy: StoredPolicy): Observation {
  const { status } = policy;
  const weights = (status?.nodes ?? []).map(({ weight }) => weight ?? 0);
  const evaluated = status?.lastEvaluationTime !== before?.policy.status?.lastEvaluationTime;
  const value = evaluated ? status?.imbalance?.value : undefined;
  const imbalances = before?.imbalances ?? [];
  return {
    policy,
    imbalances: value === undefined ? imbalances : [...imbalances, value],
    largestWeight: Math.max(1, before?.largestWeight ?? 0, ...weights),
  };
}
