import { expect } from 'chai';
import {
  migratingConditions,
  unseenConditions,
} from '../../../../src/controllers/balance-policy/policy-conditions.ts';
import { findCondition, withConditions } from '../../../../src/controllers/conditions.ts';
import { statusProblems } from '../../../support/crd-status.ts';
import { kstatus } from '../../../support/kstatus.ts';
import { failedPolicy, POLICY_SITUATIONS, WORK } from '../../../support/policy-situations.ts';

const NOW = Date.UTC(2026, 0, 1);

describe('the conditions of a policy', () => {
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
