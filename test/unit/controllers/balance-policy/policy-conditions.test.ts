import { expect } from 'chai';
import type { Plan } from '../../../../src/balancing/plan.ts';
import { describeConflicts } from '../../../../src/controllers/balance-policy/placement-sentences.ts';
import {
  evaluatedConditions,
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
import { statusProblems } from '../../../support/crd-status.ts';
import { kstatus } from '../../../support/kstatus.ts';
import {
  acting,
  balanced,
  CONFLICT,
  contradictory,
  failedPolicy,
  imbalanced,
  POLICY_SITUATIONS,
  WORK,
} from '../../../support/policy-situations.ts';

const NOW = Date.UTC(2026, 0, 1);
const stalled = describeConflicts(contradictory);

function messageOf(updates: readonly ConditionUpdate[], type: ConditionUpdate['type']): string | undefined {
  const update = updates.find((each) => each.type === type);
  return update?.status === 'Absent' ? undefined : update?.message;
}

describe('the conditions of a policy', () => {
  it('name the rules that cannot be kept and why, the first few of them', () => {
    const problems = [
      ...[1, 2, 3, 4, 5].map((each) => ({ ...CONFLICT, subject: `rule 'r${each}'` })),
      { subject: "rule 'web'", kind: 'NoGuests' as const, reason: `names ${'x'.repeat(2_000)}` },
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
    expect(shown(migratingConditions({ ...WORK, conflict: stalled }))).to.deep.equal([
      'RuleConflict',
      'RuleConflict',
    ]);
    expect(shown(migratingConditions({ ...WORK, conflict: stalled, overdue: ['one'] }))).to.deep.equal([
      'MigrationsOverdue',
      'RuleConflict',
    ]);
    expect(shown(settlingConditions(stalled))).to.deep.equal(['RuleConflict', 'RuleConflict']);
    expect(shown(nothingBegunConditions(stalled))).to.deep.equal(['RuleConflict', 'RuleConflict']);
    const changed = migratingConditions({ ...WORK, conflict: stalled, specChanged: true });
    expect(shown(changed)).to.deep.equal(['Migrating', undefined]);
  });

  // Whatever was before must not shine through.
  const pasts = [
    unseenConditions(),
    failedPolicy('Unreachable'),
    failedPolicy('Forbidden'),
    migratingConditions(WORK),
  ];

  for (const [name, updates, expected] of POLICY_SITUATIONS) {
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
    for (const [, first] of POLICY_SITUATIONS) {
      // The first is only ever written where there is nothing.
      for (const [, second] of POLICY_SITUATIONS.slice(1)) {
        const conditions = withConditions(withConditions(undefined, first, 1, NOW), second, 1, NOW);
        const both = findCondition(conditions, 'Reconciling') && findCondition(conditions, 'Stalled');
        expect(both).to.equal(undefined);
      }
    }
  });

  it('have messages that say what is the matter and what to do', () => {
    for (const [name, updates] of POLICY_SITUATIONS) {
      for (const update of updates) {
        if (update.status !== 'Absent')
          expect(update.message, `${name}, ${update.type}`).to.match(/\S{2,}.*\.$/);
      }
    }
  });
});
