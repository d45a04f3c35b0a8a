import { expect } from 'chai';
import { planCslb } from '../../../../src/balancing/cslb.ts';
import type { Plan } from '../../../../src/balancing/plan.ts';
import type { Activity } from '../../../../src/controllers/balance-policy/activity.ts';
import { describeConflicts } from '../../../../src/controllers/balance-policy/placement-sentences.ts';
import {
  evaluatedConditions,
  failedConditions,
  migratingConditions,
  nothingBegunConditions,
  settlingConditions,
  unseenConditions,
} from '../../../../src/controllers/balance-policy/policy-conditions.ts';
import {
  type ConditionUpdate,
  findCondition,
  withConditions,
} from '../../../../src/controllers/conditions.ts';
import { outcomeOfError } from '../../../../src/controllers/error-outcomes.ts';
import { OperatorError } from '../../../../src/lib/errors.ts';
import { cluster, guest, node, settings } from '../../../support/cluster-model.ts';
import { statusProblems } from '../../../support/crd-status.ts';
import { type KStatus, kstatus } from '../../../support/kstatus.ts';

const NOW = Date.UTC(2026, 0, 1);

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

const balanced = planOf([4, 4, 4]);
const imbalanced = planOf([2, 2, 14, 2, 2]);
const exhausted = planOf([2, 14]);
const undecided = planOf([4], 3);
const problem = { reason: 'DataIncomplete', message: 'Left out of the plan: node pve9.' } as const;
const acting: Activity = { kind: 'Acting' };

function failed(code: ConstructorParameters<typeof OperatorError>[0]): readonly ConditionUpdate[] {
  return failedConditions(outcomeOfError(new OperatorError(code, 'It is so.')));
}

const conflict = { subject: "rule 'db'", kind: 'Conflict', reason: 'has 4 guests for 3 nodes' } as const;
const unnamed = { subject: "rule 'web'", kind: 'NoGuests', reason: 'names no guest' } as const;
const contradictory: Plan = { ...imbalanced, problems: [conflict] };
const STALLED = describeConflicts(contradictory);

const work = { underWay: 2, toCome: 1, overdue: [], specChanged: false };

// What people and tools read in each situation: Ready, Balanced, DataComplete, and kstatus in one word.
const SITUATIONS: readonly (readonly [
  string,
  readonly ConditionUpdate[],
  {
    readonly Ready: string;
    readonly Balanced: string;
    readonly DataComplete?: string;
    readonly kstatus: KStatus;
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
    },
  ],
  [
    'about to migrate what its rules leave',
    evaluatedConditions(contradictory, acting, undefined),
    { Ready: 'False RuleConflict', Balanced: 'False Migrating', kstatus: 'Failed' },
  ],
  [
    'balanced, with a rule that cannot be kept',
    evaluatedConditions({ ...balanced, problems: [conflict] }, acting, undefined),
    { Ready: 'False RuleConflict', Balanced: 'True Balanced', kstatus: 'Failed' },
  ],
  [
    'suspended, with a rule that cannot be kept',
    evaluatedConditions(contradictory, { kind: 'Suspended' }, undefined),
    { Ready: 'False RuleConflict', Balanced: 'False Imbalanced', kstatus: 'Failed' },
  ],
  [
    'balanced, with a rule about nobody',
    evaluatedConditions({ ...balanced, problems: [unnamed] }, acting, undefined),
    { Ready: 'True Balanced', Balanced: 'True Balanced', kstatus: 'Current' },
  ],
  [
    'missing too many nodes to judge its rules',
    evaluatedConditions({ ...undecided, problems: [conflict] }, acting, problem),
    { Ready: 'False DataIncomplete', Balanced: 'Unknown DataIncomplete', kstatus: 'InProgress' },
  ],
  [
    'out of what CSLB can do',
    evaluatedConditions(exhausted, acting, undefined),
    { Ready: 'True StrategyExhausted', Balanced: 'False StrategyExhausted', kstatus: 'Current' },
  ],
  [
    'suspended',
    evaluatedConditions(imbalanced, { kind: 'Suspended' }, undefined),
    { Ready: 'True Suspended', Balanced: 'False Imbalanced', kstatus: 'Current' },
  ],
  [
    'a dry run',
    evaluatedConditions(imbalanced, { kind: 'DryRun' }, undefined),
    { Ready: 'True DryRun', Balanced: 'False Imbalanced', kstatus: 'Current' },
  ],
  [
    'a dry run of a balanced cluster',
    evaluatedConditions(balanced, { kind: 'DryRun' }, undefined),
    { Ready: 'True DryRun', Balanced: 'True Balanced', kstatus: 'Current' },
  ],
  [
    'held off by another policy',
    evaluatedConditions(imbalanced, { kind: 'ClusterHeld', by: 'lab/other' }, undefined),
    { Ready: 'True ClusterHeld', Balanced: 'False Imbalanced', kstatus: 'Current' },
  ],
  [
    'failing again and again',
    evaluatedConditions(imbalanced, { kind: 'MigrationsFailing', failures: 3, until: 0 }, undefined),
    { Ready: 'False MigrationsFailing', Balanced: 'False Imbalanced', kstatus: 'InProgress' },
  ],
  [
    'without room for cooldowns',
    evaluatedConditions(imbalanced, { kind: 'CooldownsFull' }, undefined),
    { Ready: 'False CooldownsFull', Balanced: 'False Imbalanced', kstatus: 'InProgress' },
  ],
  [
    'outside its windows',
    evaluatedConditions(imbalanced, { kind: 'OutsideWindow', opens: 0 }, undefined),
    { Ready: 'True OutsideWindow', Balanced: 'False Imbalanced', kstatus: 'Current' },
  ],
  [
    'waiting for the imbalance to last',
    evaluatedConditions(imbalanced, { kind: 'Stabilizing', until: 0 }, undefined),
    { Ready: 'True Stabilizing', Balanced: 'False Imbalanced', kstatus: 'Current' },
  ],
  [
    'waiting for approval',
    evaluatedConditions(imbalanced, { kind: 'AwaitingApproval', planId: '1-a', expires: 0 }, undefined),
    { Ready: 'True AwaitingApproval', Balanced: 'False Imbalanced', kstatus: 'Current' },
  ],
  [
    'with guests that rest',
    evaluatedConditions(exhausted, { kind: 'CoolingDown', until: 0 }, undefined),
    { Ready: 'True CoolingDown', Balanced: 'False CoolingDown', kstatus: 'Current' },
  ],
  [
    'disturbed by others of the same user',
    evaluatedConditions(
      imbalanced,
      { kind: 'ForeignMigrations', user: 'u@pve!t', tasks: ['one'] },
      undefined,
    ),
    { Ready: 'False ForeignMigrations', Balanced: 'False Imbalanced', kstatus: 'InProgress' },
  ],
  [
    'missing a node',
    evaluatedConditions(balanced, acting, problem),
    {
      Ready: 'True Balanced',
      Balanced: 'Unknown DataIncomplete',
      DataComplete: 'False DataIncomplete',
      kstatus: 'Current',
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
    },
  ],
  [
    'migrating',
    migratingConditions(work),
    { Ready: 'True Migrating', Balanced: 'False Migrating', kstatus: 'Current' },
  ],
  [
    'migrating for a spec that was changed',
    migratingConditions({ ...work, specChanged: true }),
    { Ready: 'True Migrating', Balanced: 'False Migrating', kstatus: 'InProgress' },
  ],
  [
    'overdue',
    migratingConditions({ ...work, overdue: ["qemu/100 'web'"] }),
    { Ready: 'False MigrationsOverdue', Balanced: 'False Migrating', kstatus: 'InProgress' },
  ],
  [
    'settling, with a rule that cannot be kept',
    settlingConditions(STALLED),
    { Ready: 'False RuleConflict', Balanced: 'False Settling', kstatus: 'InProgress' },
  ],
  [
    'settling',
    settlingConditions(),
    { Ready: 'True Settling', Balanced: 'False Settling', kstatus: 'Current' },
  ],
  [
    'unable to begin anything',
    nothingBegunConditions(),
    { Ready: 'True Imbalanced', Balanced: 'False Imbalanced', kstatus: 'Current' },
  ],
  [
    'failing for a while',
    failed('Unreachable'),
    {
      Ready: 'False Unreachable',
      Balanced: 'Unknown Unreachable',
      DataComplete: 'Unknown Unreachable',
      kstatus: 'InProgress',
    },
  ],
  [
    'waiting for a quorum',
    failed('NotQuorate'),
    { Ready: 'False NotQuorate', Balanced: 'Unknown NotQuorate', kstatus: 'InProgress' },
  ],
  [
    'waiting for a person',
    failed('ClusterNotFound'),
    { Ready: 'False ClusterNotFound', Balanced: 'Unknown ClusterNotFound', kstatus: 'Failed' },
  ],
];

function messageOf(updates: readonly ConditionUpdate[], type: ConditionUpdate['type']): string | undefined {
  const update = updates.find((each) => each.type === type);
  return update?.status === 'Absent' ? undefined : update?.message;
}

describe('the conditions of a policy', () => {
  it('name the rules that cannot be kept and why, the first few of them', () => {
    const problems = [
      ...[1, 2, 3, 4, 5].map((each) => ({ ...conflict, subject: `rule 'r${each}'` })),
      { ...unnamed, reason: `names ${'x'.repeat(2_000)}` },
    ];
    const updates = evaluatedConditions({ ...balanced, problems }, acting, undefined);
    expect(messageOf(updates, 'Stalled')).to.equal(
      "In spec.placement, rule 'r1' has 4 guests for 3 nodes; rule 'r2' has 4 guests for 3 nodes; rule 'r3' has 4 guests for 3 nodes; and 2 more.",
    );
    expect(messageOf(updates, 'Ready'))
      .to.match(/^In spec\.placement, rule 'r1' .*; and 2 more\. The imbalance of .* is within/)
      .and.to.match(/In spec\.placement, rule 'web' names x+…\.$/);
  });

  it('tell what is required and not so yet, also where the load is even', () => {
    const plan: Plan = { ...balanced, balanced: false, unmet: { before: 3, after: 1 } };
    const updates = evaluatedConditions(plan, { kind: 'DryRun' }, undefined);
    expect(messageOf(updates, 'Balanced')).to.match(
      /^The imbalance of [\d.]+% is within the tolerance of [\d.]+%\. Required rules broken and guests on drained nodes: 3 now, 1 after the plan\.$/,
    );
    const moving = { ...plan, migrations: imbalanced.migrations };
    expect(messageOf(evaluatedConditions(moving, acting, undefined), 'Balanced')).to.match(
      /is within the tolerance of [\d.]+%: 1 migration planned, to [\d.]+%\. Required rules broken/,
    );
  });

  it('keep what is wrong with the rules through a run, unless the spec has changed', () => {
    const shown = (updates: readonly ConditionUpdate[]) => {
      const before = withConditions(undefined, evaluatedConditions(contradictory, acting, undefined), 1, NOW);
      const conditions = withConditions(before, updates, 1, NOW);
      return ['Ready', 'Stalled'].map(
        (type) => conditions.find((condition) => condition.type === type)?.reason,
      );
    };
    expect(shown(migratingConditions({ ...work, conflict: STALLED }))).to.deep.equal([
      'RuleConflict',
      'RuleConflict',
    ]);
    expect(shown(migratingConditions({ ...work, conflict: STALLED, overdue: ['one'] }))).to.deep.equal([
      'MigrationsOverdue',
      'RuleConflict',
    ]);
    expect(shown(settlingConditions(STALLED))).to.deep.equal(['RuleConflict', 'RuleConflict']);
    expect(shown(nothingBegunConditions(STALLED))).to.deep.equal(['RuleConflict', 'RuleConflict']);
    const changed = migratingConditions({ ...work, conflict: STALLED, specChanged: true });
    expect(shown(changed)).to.deep.equal(['Migrating', undefined]);
  });

  // Whatever was before must not shine through.
  const pasts = [unseenConditions(), failed('Unreachable'), failed('Forbidden'), migratingConditions(work)];

  for (const [name, updates, expected] of SITUATIONS) {
    it(`that is ${name}`, () => {
      for (const past of pasts) {
        const before = withConditions(undefined, past, 1, NOW - 60_000);
        const conditions = withConditions(before, updates, 1, NOW);
        const shown = (type: 'Ready' | 'Balanced' | 'DataComplete') => {
          const condition = findCondition(conditions, type);
          return condition && `${condition.status} ${condition.reason}`;
        };
        expect(shown('Ready')).to.equal(expected.Ready);
        expect(shown('Balanced')).to.equal(expected.Balanced);
        if (expected.DataComplete) expect(shown('DataComplete')).to.equal(expected.DataComplete);
        expect(statusProblems('BalancePolicy', { conditions })).to.deep.equal([]);
      }
      const conditions = withConditions(undefined, updates, 1, NOW);
      const status = { observedGeneration: 1, conditions };
      expect(kstatus({ metadata: { generation: 1 }, status })).to.equal(expected.kstatus);
      // A change of the spec is in progress, whatever was true before.
      if (expected.kstatus === 'Current') {
        expect(kstatus({ metadata: { generation: 2 }, status })).to.equal('InProgress');
      }
    });
  }

  it('never has Reconciling and Stalled at once, in whatever order things happen', () => {
    for (const [, first] of SITUATIONS) {
      // The first is only ever written where there is nothing.
      for (const [, second] of SITUATIONS.slice(1)) {
        const conditions = withConditions(withConditions(undefined, first, 1, NOW), second, 1, NOW);
        const both = findCondition(conditions, 'Reconciling') && findCondition(conditions, 'Stalled');
        expect(both).to.equal(undefined);
      }
    }
  });

  it('have messages that say what is the matter and what to do', () => {
    for (const [name, updates] of SITUATIONS) {
      for (const update of updates) {
        if (update.status !== 'Absent')
          expect(update.message, `${name}, ${update.type}`).to.match(/\S{2,}.*\.$/);
      }
    }
  });
});
