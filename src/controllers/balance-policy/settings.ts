import type { BalancePolicySpec } from '../../api/generated/balance-policy.ts';
import type { Placement } from '../../balancing/placement.ts';
import type { BalanceSettings } from '../../balancing/plan.ts';
import { OperatorError } from '../../lib/errors.ts';

/** What planning needs of a policy, in its units. Throws `InvalidSpec` where a spec was stored past its validation. */
export function balanceSettings(spec: BalancePolicySpec): BalanceSettings {
  const { cpu, memory } = spec.weights;
  if (!(cpu >= 0 && memory >= 0 && cpu + memory > 0)) {
    throw new OperatorError(
      'InvalidSpec',
      `weights {cpu: ${cpu}, memory: ${memory}}: must have \`cpu\` or \`memory\` above 0, such as {cpu: 40, memory: 60}.`,
    );
  }
  // The API server fills it in, if its CRD knows of it.
  if (spec.placement === undefined) {
    const message =
      'placement: is missing, so the CRD is older than the operator; apply the one that came with it.';
    throw new OperatorError('InvalidSpec', message);
  }
  return {
    strategy: spec.strategy,
    tolerance: fractionOf(spec.tolerance, 'tolerance'),
    weights: { cpu, memory },
    exclusions: spec.exclusions,
    maxMigrations: spec.maxMigrations,
    containers: spec.migration.containers,
    localDisks: spec.migration.localDisks,
    placement: placementOf(spec.placement),
    minimumGain: fractionOf(spec.stabilization.minimumGain, 'stabilization.minimumGain'),
  };
}

function placementOf({ rules, drainNodes, reserve }: BalancePolicySpec['placement']): Placement {
  return {
    rules,
    drainNodes,
    memoryReserveShare: fractionOf(reserve.memory, 'placement.reserve.memory'),
  };
}

function fractionOf(percentage: string, field: string): number {
  const match = /^(\d+(?:\.\d+)?)%$/.exec(percentage);
  if (!match) {
    throw new OperatorError('InvalidSpec', `${field} '${percentage}': must be a percentage such as '20%'.`);
  }
  return Number(match[1]) / 100;
}
