import { planCslb } from '../../src/balancing/cslb.ts';
import type { Plan } from '../../src/balancing/plan.ts';
import type { Activity } from '../../src/controllers/balance-policy/activity.ts';
import { describeConflicts } from '../../src/controllers/balance-policy/placement-sentences.ts';
import {
  evaluatedConditions,
  failedConditions,
  migratingConditions,
  nothingBegunConditions,
  settlingConditions,
  unseenConditions,
} from '../../src/controllers/balance-policy/policy-conditions.ts';
import type { ConditionUpdate } from '../../src/controllers/conditions.ts';
import { outcomeOfError } from '../../src/controllers/error-outcomes.ts';
import { OperatorError } from '../../src/lib/errors.ts';
import type { ArgoCdHealth } from './argo-cd-health.ts';
import { cluster, guest, node, settings } from './cluster-model.ts';
import type { KStatus } from './kstatus.ts';

function planOf(loads: readonly number[], unknown = 0): Plan {
  const names = loads.map((_, index) => `pve${index + 1}`);
  const lost = Array.from({ length: unknown }, (_, index) => ({
    name: `lost${index + 1}`,
    availability: 'Unknown' as const,
    uptimeSeconds: 1,
    detail: 'it does not answer',
  }));
  const guests = names.flatMap((name, index) =>
    [0, 1, 2].map((each) => guest(100 + 10 * index + each, name)),
  );
  const nodes = [...names.map((name, index) => node(name, { load: loads[index] ?? 0 })), ...lost];
  return planCslb(cluster({ nodes, guests }), settings());
}

export const balanced = planOf([4, 4, 4]);
export const imbalanced = planOf([2, 2, 14, 2, 2]);
const exhausted = planOf([2, 14]);
const undecided = planOf([4], 3);
const problem = { reason: 'DataIncomplete', message: 'Left out of the plan: node pve9.' } as const;
export const acting: Activity = { kind: 'Acting' };

export function failedPolicy(
  code: ConstructorParameters<typeof OperatorError>[0],
): readonly ConditionUpdate[] {
  return failedConditions(outcomeOfError(new OperatorError(code, 'It is so.')));
}

export const CONFLICT = {
  subject: "rule 'db'",
  kind: 'Conflict',
  reason: 'has 4 guests for 3 nodes',
} as const;
const unnamed = { subject: "rule 'web'", kind: 'NoGuests', reason: 'names no guest' } as const;
/** With a rule that cannot be kept. */
export const contradictory: Plan = { ...imbalanced, problems: [CONFLICT] };
const STALLED = describeConflicts(contradictory);

export const WORK = { underWay: 2, toCome: 1, overdue: [], specChanged: false };

/** What people and tools read in each situation: Ready, Balanced, DataComplete, and in one word what kstatus and Argo CD make of it. */
export const POLICY_SITUATIONS: readonly (readonly [
  string,
  readonly ConditionUpdate[],
  {
    readonly Ready: string;
    readonly Balanced: string;
    readonly DataComplete?: string;
    readonly kstatus: KStatus;
    readonly argoCd: ArgoCdHealth;
  },
])[] = [
  [
    'not evaluated yet',
    unseenConditions(),
    {
      Ready: 'Unknown Progressing',
      Balanced: 'Unknown Progressing',
      DataComplete: 'Unknown Progressing',
      kstatus: 'InProgress',
      argoCd: 'Progressing',
    },
  ],
  [
    'balanced',
    evaluatedConditions(balanced, acting, undefined),
    {
      Ready: 'True Balanced',
      Balanced: 'True Balanced',
      DataComplete: 'True DataComplete',
      kstatus: 'Current',
      argoCd: 'Healthy',
    },
  ],
  [
    'about to migrate',
    evaluatedConditions(imbalanced, acting, undefined),
    {
      Ready: 'True Migrating',
      Balanced: 'False Migrating',
      DataComplete: 'True DataComplete',
      kstatus: 'Current',
      argoCd: 'Healthy',
    },
  ],
  [
    'about to migrate what its rules leave',
    evaluatedConditions(contradictory, acting, undefined),
    { Ready: 'False RuleConflict', Balanced: 'False Migrating', kstatus: 'Failed', argoCd: 'Degraded' },
  ],
  [
    'balanced, with a rule that cannot be kept',
    evaluatedConditions({ ...balanced, problems: [CONFLICT] }, acting, undefined),
    { Ready: 'False RuleConflict', Balanced: 'True Balanced', kstatus: 'Failed', argoCd: 'Degraded' },
  ],
  [
    'suspended, with a rule that cannot be kept',
    evaluatedConditions(contradictory, { kind: 'Suspended' }, undefined),
    { Ready: 'False RuleConflict', Balanced: 'False Imbalanced', kstatus: 'Failed', argoCd: 'Degraded' },
  ],
  [
    'balanced, with a rule about nobody',
    evaluatedConditions({ ...balanced, problems: [unnamed] }, acting, undefined),
    { Ready: 'True Balanced', Balanced: 'True Balanced', kstatus: 'Current', argoCd: 'Healthy' },
  ],
  [
    'missing too many nodes to judge its rules',
    evaluatedConditions({ ...undecided, problems: [CONFLICT] }, acting, problem),
    {
      Ready: 'False DataIncomplete',
      Balanced: 'Unknown DataIncomplete',
      kstatus: 'InProgress',
      argoCd: 'Degraded',
    },
  ],
  [
    'migrating, with a rule that cannot be kept',
    [
      ...evaluatedConditions(contradictory, acting, undefined),
      ...migratingConditions({ ...WORK, conflict: STALLED }),
    ],
    { Ready: 'False RuleConflict', Balanced: 'False Migrating', kstatus: 'Failed', argoCd: 'Degraded' },
  ],
  [
    'out of what CSLB can do',
    evaluatedConditions(exhausted, acting, undefined),
    {
      Ready: 'True StrategyExhausted',
      Balanced: 'False StrategyExhausted',
      kstatus: 'Current',
      argoCd: 'Healthy',
    },
  ],
  [
    'suspended',
    evaluatedConditions(imbalanced, { kind: 'Suspended' }, undefined),
    { Ready: 'True Suspended', Balanced: 'False Imbalanced', kstatus: 'Current', argoCd: 'Suspended' },
  ],
  [
    'a dry run',
    evaluatedConditions(imbalanced, { kind: 'DryRun' }, undefined),
    { Ready: 'True DryRun', Balanced: 'False Imbalanced', kstatus: 'Current', argoCd: 'Healthy' },
  ],
  [
    'a dry run of a balanced cluster',
    evaluatedConditions(balanced, { kind: 'DryRun' }, undefined),
    { Ready: 'True DryRun', Balanced: 'True Balanced', kstatus: 'Current', argoCd: 'Healthy' },
  ],
  [
    'held off by another policy',
    evaluatedConditions(imbalanced, { kind: 'ClusterHeld', by: 'lab/other' }, undefined),
    { Ready: 'True ClusterHeld', Balanced: 'False Imbalanced', kstatus: 'Current', argoCd: 'Healthy' },
  ],
  [
    'failing again and again',
    evaluatedConditions(imbalanced, { kind: 'MigrationsFailing', failures: 3, until: 0 }, undefined),
    {
      Ready: 'False MigrationsFailing',
      Balanced: 'False Imbalanced',
      kstatus: 'InProgress',
      argoCd: 'Degraded',
    },
  ],
  [
    'without room for cooldowns',
    evaluatedConditions(imbalanced, { kind: 'CooldownsFull' }, undefined),
    { Ready: 'False CooldownsFull', Balanced: 'False Imbalanced', kstatus: 'InProgress', argoCd: 'Degraded' },
  ],
  [
    'outside its windows',
    evaluatedConditions(imbalanced, { kind: 'OutsideWindow', opens: 0 }, undefined),
    { Ready: 'True OutsideWindow', Balanced: 'False Imbalanced', kstatus: 'Current', argoCd: 'Healthy' },
  ],
  [
    'waiting for the imbalance to last',
    evaluatedConditions(imbalanced, { kind: 'Stabilizing', until: 0 }, undefined),
    { Ready: 'True Stabilizing', Balanced: 'False Imbalanced', kstatus: 'Current', argoCd: 'Healthy' },
  ],
  [
    'waiting for approval',
    evaluatedConditions(imbalanced, { kind: 'AwaitingApproval', planId: '1-a', expires: 0 }, undefined),
    { Ready: 'True AwaitingApproval', Balanced: 'False Imbalanced', kstatus: 'Current', argoCd: 'Healthy' },
  ],
  [
    'with guests that rest',
    evaluatedConditions(exhausted, { kind: 'CoolingDown', until: 0 }, undefined),
    { Ready: 'True CoolingDown', Balanced: 'False CoolingDown', kstatus: 'Current', argoCd: 'Healthy' },
  ],
  [
    'disturbed by others of the same user',
    evaluatedConditions(
      imbalanced,
      { kind: 'ForeignMigrations', user: 'u@pve!t', tasks: ['one'] },
      undefined,
    ),
    {
      Ready: 'False ForeignMigrations',
      Balanced: 'False Imbalanced',
      kstatus: 'InProgress',
      argoCd: 'Degraded',
    },
  ],
  [
    'missing a node',
    evaluatedConditions(balanced, acting, problem),
    {
      Ready: 'True Balanced',
      Balanced: 'Unknown DataIncomplete',
      DataComplete: 'False DataIncomplete',
      kstatus: 'Current',
      argoCd: 'Healthy',
    },
  ],
  [
    'missing too many nodes',
    evaluatedConditions(undecided, acting, problem),
    {
      Ready: 'False DataIncomplete',
      Balanced: 'Unknown DataIncomplete',
      DataComplete: 'False DataIncomplete',
      kstatus: 'InProgress',
      argoCd: 'Degraded',
    },
  ],
  [
    'migrating',
    migratingConditions(WORK),
    { Ready: 'True Migrating', Balanced: 'False Migrating', kstatus: 'Current', argoCd: 'Healthy' },
  ],
  [
    'migrating for a spec that was changed',
    migratingConditions({ ...WORK, specChanged: true }),
    { Ready: 'True Migrating', Balanced: 'False Migrating', kstatus: 'InProgress', argoCd: 'Progressing' },
  ],
  [
    'overdue',
    migratingConditions({ ...WORK, overdue: ["qemu/100 'web'"] }),
    {
      Ready: 'False MigrationsOverdue',
      Balanced: 'False Migrating',
      kstatus: 'InProgress',
      argoCd: 'Degraded',
    },
  ],
  [
    'settling',
    settlingConditions(),
    { Ready: 'True Settling', Balanced: 'False Settling', kstatus: 'Current', argoCd: 'Healthy' },
  ],
  [
    'unable to begin anything',
    nothingBegunConditions(),
    { Ready: 'True Imbalanced', Balanced: 'False Imbalanced', kstatus: 'Current', argoCd: 'Healthy' },
  ],
  [
    'failing for a while',
    failedPolicy('Unreachable'),
    {
      Ready: 'False Unreachable',
      Balanced: 'Unknown Unreachable',
      DataComplete: 'Unknown Unreachable',
      kstatus: 'InProgress',
      argoCd: 'Degraded',
    },
  ],
  [
    'waiting for a quorum',
    failedPolicy('NotQuorate'),
    { Ready: 'False NotQuorate', Balanced: 'Unknown NotQuorate', kstatus: 'InProgress', argoCd: 'Degraded' },
  ],
  [
    'waiting for a person',
    failedPolicy('ClusterNotFound'),
    {
      Ready: 'False ClusterNotFound',
      Balanced: 'Unknown ClusterNotFound',
      kstatus: 'Failed',
      argoCd: 'Degraded',
    },
  ],
];
