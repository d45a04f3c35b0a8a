import type {
  BalancePolicyStatus,
  ImbalanceStatus,
  NodeEntry,
  PlanStatus,
} from '../../api/generated/balance-policy.ts';
import type { NodeAssessment, Plan } from '../../balancing/plan.ts';
import { formatBytes } from '../../lib/bytes.ts';
import { shorten } from '../conditions.ts';
import { blockedFigures } from './blocked-figures.ts';

/** How a plan looks in a policy's status: numbers as strings with one decimal, lists cut at the CRD's bounds. */

const MOST_NODES = 128;
const MOST_MIGRATIONS = 100;
const LONGEST_NAME = 128;
const LONGEST_REASON = 256;
const LONGEST_FIGURE = 16;

export type PlanFigures = Pick<BalancePolicyStatus, 'imbalance' | 'nodes'> & { readonly plan?: PlanStatus };

export function planFigures(plan: Plan, planId: string, time: string): PlanFigures {
  return {
    imbalance: imbalanceFigures(plan),
    nodes: plan.nodes.slice(0, MOST_NODES).map(nodeFigures),
    ...(plan.migrations.length === 0 && plan.skipped.length === 0
      ? {}
      : { plan: planStatus(plan, planId, time) }),
  };
}

function imbalanceFigures({ imbalance, strategy, unmet }: Plan): ImbalanceStatus {
  return {
    ...(imbalance.value === undefined ? {} : { value: formatPercent(imbalance.value) }),
    tolerance: formatPercent(imbalance.tolerance),
    ...(imbalance.mean === undefined ? {} : { mean: decimal(imbalance.mean) }),
    ...(imbalance.deviation === undefined ? {} : { deviation: decimal(imbalance.deviation) }),
    ...(strategy === 'Optimize' ? { unmet: unmet.before } : {}),
    ...(imbalance.resources.length === 0
      ? {}
      : {
          resources: imbalance.resources.map(({ name, spread }) => ({ name, spread: formatPercent(spread) })),
        }),
  };
}

function nodeFigures(node: NodeAssessment): NodeEntry {
  return {
    name: node.name,
    ...(node.weight === undefined ? {} : { weight: node.weight }),
    ...(node.cpuUsedShare === undefined ? {} : { cpu: formatPercent(node.cpuUsedShare) }),
    ...(node.memoryUsedShare === undefined ? {} : { memory: formatPercent(node.memoryUsedShare) }),
    guests: node.guests,
    role: node.role,
  };
}

function planStatus(plan: Plan, planId: string, time: string): PlanStatus {
  return {
    id: planId,
    time,
    strategy: plan.strategy,
    ...(plan.predicted.value === undefined
      ? {}
      : { predictedImbalance: formatPercent(plan.predicted.value) }),
    migrationCount: plan.migrations.length,
    migrations: plan.migrations.slice(0, MOST_MIGRATIONS).map((migration) => ({
      vmid: migration.vmid,
      type: migration.type,
      name: shorten(migration.name, LONGEST_NAME),
      source: migration.source,
      target: migration.target,
      memory: formatBytes(migration.memoryBytes),
      reason: shorten(migration.reason, LONGEST_REASON),
    })),
    blocked: blockedFigures(plan.skipped),
  };
}

/** `0.234` as `23.4%`; `unknown` when there is none. */
export function formatPercent(share: number | undefined): string {
  return share === undefined ? 'unknown' : `${decimal(share * 100)}%`;
}

/** With one decimal. What is beyond all reason, of a node without a byte left, must not make a status that is refused. */
function decimal(number: number): string {
  const text = number.toFixed(1);
  return text.length < LONGEST_FIGURE ? text : number.toExponential(1);
}
