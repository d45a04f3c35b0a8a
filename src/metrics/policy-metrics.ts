import type { Registry } from 'prom-client';
import { BLOCK_REASONS } from '../api/block-reasons.ts';
import { CONDITION } from '../api/conditions.ts';
import type { BalancePolicyStatus, MigrationEntry } from '../api/generated/balance-policy.ts';
import type { StoredPolicy } from '../controllers/resources.ts';
import type { Clock } from '../lib/clock.ts';
import { conditionSamples } from './condition-samples.ts';
import { registerReadGauge, type Sample } from './read-gauge.ts';

const { Ready, Reconciling, Stalled, Balanced, DataComplete } = CONDITION;
const CONDITIONS = [Ready, Reconciling, Stalled, Balanced, DataComplete];
const STATES: readonly MigrationEntry['state'][] = ['Pending', 'Running', 'Queued', 'Overdue'];
const POLICY = ['namespace', 'policy'] as const;

type PolicyLabel = (typeof POLICY)[number];

/**
 * What the last evaluation of each policy found, read from its status: so a new leader shows it at once, and a deleted
 * policy is gone. Shares have the one decimal of percent that the status has.
 */
export function registerPolicyMetrics(
  registry: Registry,
  policies: () => readonly StoredPolicy[],
  clock: Clock,
): void {
  function register<L extends string>(
    name: string,
    help: string,
    labelNames: readonly L[],
    read: (status: BalancePolicyStatus) => Iterable<Sample<L>>,
  ): void {
    registerReadGauge<PolicyLabel | L>(registry, {
      name,
      help,
      labelNames: [...POLICY, ...labelNames],
      read: () =>
        policies().flatMap(({ metadata, status = {} }) =>
          [...read(status)].map(({ labels, value }) => ({
            labels: { namespace: metadata.namespace, policy: metadata.name, ...labels },
            value,
          })),
        ),
    });
  }

  function registerOne(
    name: string,
    help: string,
    read: (status: BalancePolicyStatus) => number | undefined,
  ): void {
    register(name, help, [], (status) => single(read(status)));
  }

  registerOne(
    'pve_cslb_imbalance_ratio',
    'The imbalance of the cluster at the last evaluation, as it is compared with the tolerance, as a ratio (0.2 is 20%).',
    ({ imbalance }) => ratio(imbalance?.value),
  );
  register(
    'pve_cslb_resource_spread_ratio',
    'How far apart the used shares of the fullest and the emptiest node are for the resource (cpu or memory) at the last evaluation, as a ratio (0.2 is 20 points); with the strategy Optimize only.',
    ['resource'],
    ({ imbalance }) =>
      (imbalance?.resources ?? []).flatMap(({ name, spread }) => labelled({ resource: name }, ratio(spread))),
  );
  registerOne(
    'pve_cslb_placement_unmet',
    'How many required rules are broken and guests are on drained nodes at the last evaluation; with the strategy Optimize only.',
    ({ imbalance }) => imbalance?.unmet,
  );
  registerOne(
    'pve_cslb_rule_conflict',
    'Whether the last evaluation found that the placement of the policy asks for what cannot be had: 1 or 0; absent until it was evaluated.',
    ({ conditions = [], lastEvaluationTime }) =>
      lastEvaluationTime === undefined ? undefined : Number(conditions.some(isRuleConflict)),
  );
  registerOne(
    'pve_cslb_tolerance_ratio',
    'The imbalance that the policy tolerates, as a ratio (0.2 is 20%).',
    ({ imbalance }) => ratio(imbalance?.tolerance),
  );
  registerOne(
    'pve_cslb_plan_predicted_imbalance_ratio',
    'The imbalance to expect after the migrations of the last plan, as a ratio (0.2 is 20%).',
    ({ plan }) => ratio(plan?.predictedImbalance),
  );
  registerOne(
    'pve_cslb_plan_migrations',
    'How many migrations the plan of the last evaluation has, 0 when there is nothing to migrate.',
    ({ plan, lastEvaluationTime }) =>
      plan?.migrationCount ?? (lastEvaluationTime === undefined ? undefined : 0),
  );
  registerOne(
    'pve_cslb_plan_age_seconds',
    'How long ago the plan was made, in seconds; absent while there is nothing to migrate.',
    ({ plan }) => ageSeconds(plan?.time, clock),
  );
  registerOne(
    'pve_cslb_evaluation_age_seconds',
    'How long ago the policy was evaluated, in seconds; absent until it was.',
    ({ lastEvaluationTime }) => ageSeconds(lastEvaluationTime, clock),
  );
  register(
    'pve_cslb_node_weight',
    'How heavy the strategy weighs the load of the node, 200 being twice as heavy as 100; absent where it is unknown.',
    ['node'],
    ({ nodes = [] }) => nodes.flatMap(({ name, weight }) => labelled({ node: name }, weight)),
  );
  register(
    'pve_cslb_node_load_ratio',
    'Which share of the resource (cpu or memory) of the node is used, as a ratio (0.2 is 20%).',
    ['node', 'resource'],
    ({ nodes = [] }) =>
      nodes.flatMap(({ name, cpu, memory }) => [
        ...labelled({ node: name, resource: 'cpu' }, ratio(cpu)),
        ...labelled({ node: name, resource: 'memory' }, ratio(memory)),
      ]),
  );
  register('pve_cslb_node_guests', 'How many guests run on the node.', ['node'], ({ nodes = [] }) =>
    nodes.flatMap(({ name, guests }) => labelled({ node: name }, guests)),
  );
  register(
    'pve_cslb_blocked_guests',
    'How many guests the last plan left where they are for this reason.',
    ['reason'],
    ({ plan }) =>
      plan === undefined
        ? []
        : Object.keys(BLOCK_REASONS).flatMap((reason) =>
            labelled({ reason }, plan.blocked?.find((entry) => entry.reason === reason)?.count ?? 0),
          ),
  );
  register(
    'pve_cslb_migrations_in_flight',
    'How many migrations of the policy are under way, by their state.',
    ['state'],
    ({ migrations = [] }) =>
      STATES.flatMap((state) =>
        labelled({ state }, migrations.filter((entry) => entry.state === state).length),
      ),
  );
  register(
    'pve_cslb_policy_condition',
    'Whether the condition of the policy has this status: 1 if it has, 0 if it has another or is not there.',
    ['condition', 'status'],
    ({ conditions = [] }) => conditionSamples(CONDITIONS, conditions),
  );
}

function isRuleConflict({ type, reason }: { readonly type: string; readonly reason: string }): boolean {
  return type === CONDITION.Stalled && reason === 'RuleConflict';
}

function single(value: number | undefined): readonly Sample<never>[] {
  return value === undefined ? [] : [{ labels: {}, value }];
}

function labelled<L extends string>(
  labels: Readonly<Record<L, string>>,
  value: number | undefined,
): readonly Sample<L>[] {
  return value === undefined ? [] : [{ labels, value }];
}

/** `23.4%` as 0.234; undefined where it is no percentage. */
function ratio(percent: string | undefined): number | undefined {
  const match = /^(\d+(?:\.\d+)?)%$/.exec(percent ?? '');
  // Without the noise of a binary division.
  return match ? Number((Number(match[1]) / 100).toFixed(6)) : undefined;
}

function ageSeconds(time: string | undefined, clock: Clock): number | undefined {
  const milliseconds = clock.now() - Date.parse(time ?? '');
  return Number.isFinite(milliseconds) ? Math.max(0, milliseconds) / 1_000 : undefined;
}
