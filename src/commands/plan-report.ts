import type { Plan } from '../balancing/plan.ts';

/**
 * A plan as `cslb plan --output json|yaml` prints it. Shares and imbalances are fractions (0.2 for 20 %); what is not
 * known is null, `balanced` when the cluster cannot be judged.
 */
export function planReport(plan: Plan): object {
  return {
    strategy: plan.strategy,
    balanced: plan.balanced ?? null,
    imbalance: imbalanceReport(plan.imbalance),
    nodes: plan.nodes.map(({ name, weight, cpuUsedShare, memoryUsedShare, guests, role }) => ({
      name,
      weight: weight ?? null,
      cpu: cpuUsedShare ?? null,
      memory: memoryUsedShare ?? null,
      guests,
      role,
    })),
    migrations: plan.migrations.map(
      ({ vmid, type, name, source, target, memoryBytes, companions, reason }) => ({
        vmid,
        type,
        name,
        source,
        target,
        memoryBytes,
        ...(companions.length === 0 ? {} : { companions }),
        reason,
      }),
    ),
    predicted: imbalanceReport(plan.predicted),
    skipped: plan.skipped.map(({ vmid, reason }) => ({ vmid, reason })),
    problems: plan.problems.map(({ subject, reason }) => ({ subject, reason })),
    unmet: plan.unmet,
  };
}

function imbalanceReport({ value, tolerance, mean, deviation, resources }: Plan['imbalance']): object {
  return {
    value: value ?? null,
    tolerance,
    mean: mean ?? null,
    deviation: deviation ?? null,
    resources: resources.map(({ name, spread }) => ({ name, spread })),
  };
}
