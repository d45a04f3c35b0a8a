import { expect } from 'chai';
import type { BalancePolicyStatus, PlanStatus } from '../../../../src/api/generated/balance-policy.ts';
import { APPROVE } from '../../../../src/controllers/balance-policy/approval.ts';
import {
  nextEvaluation,
  REQUESTED_AT,
  requestOfPerson,
  untilEvaluation,
} from '../../../../src/controllers/balance-policy/schedule.ts';
import { specDuration } from '../../../../src/controllers/balance-policy/spec-duration.ts';
import { OperatorError } from '../../../../src/lib/errors.ts';
import { policySpec } from '../../../support/policy-spec.ts';

const NOW = Date.UTC(2026, 0, 1);

const PLAN = {
  id: '2-31fe5a8bf287',
  time: '2026-01-01T00:00:00Z',
  strategy: 'Cslb' as const,
  migrationCount: 0,
  migrations: [],
} satisfies PlanStatus;

function policy(status?: BalancePolicyStatus, annotations: Readonly<Record<string, string>> = {}) {
  const metadata = { name: 'lab', namespace: 'lab', generation: 2, annotations };
  const spec = policySpec({ interval: '5m' });
  return {
    apiVersion: 'pve-cslb.io/v1alpha1',
    kind: 'BalancePolicy',
    metadata,
    spec,
    ...(status && { status }),
  } as const;
}

describe('untilEvaluation', () => {
  const waiting: BalancePolicyStatus = { observedGeneration: 2, nextEvaluationTime: '2026-01-01T00:03:00Z' };
  const cases: readonly (readonly [string, ReturnType<typeof policy>, number])[] = [
    ['a policy that was never evaluated', policy(), 0],
    ['one whose last cycle failed', policy({ observedGeneration: 2 }), 0],
    ['one whose time has not come', policy(waiting), 180_000],
    ['one whose time has come', policy({ ...waiting, nextEvaluationTime: '2025-12-31T23:00:00Z' }), 0],
    ['one whose spec changed', policy({ ...waiting, observedGeneration: 1 }), 0],
    ['one that a person asked for', policy(waiting, { [REQUESTED_AT]: 'now' }), 0],
    [
      'one that did what a person asked for',
      policy({ ...waiting, lastHandledReconcileAt: 'now' }, { [REQUESTED_AT]: 'now' }),
      180_000,
    ],
    [
      'one that is asked again',
      policy({ ...waiting, lastHandledReconcileAt: 'now' }, { [REQUESTED_AT]: 'again' }),
      0,
    ],
    [
      'one whose status says far too late',
      policy({ ...waiting, nextEvaluationTime: '2099-01-01T00:00:00Z' }),
      0,
    ],
    [
      'one that waits as long as it ever does',
      policy({ ...waiting, nextEvaluationTime: '2026-01-01T00:05:31Z' }),
      331_000,
    ],
    ['one whose plan was approved', policy({ ...waiting, plan: PLAN }, { [APPROVE]: PLAN.id }), 0],
    [
      'one whose approved plan was run',
      policy({ ...waiting, plan: PLAN, lastHandledApproval: PLAN.id }, { [APPROVE]: PLAN.id }),
      180_000,
    ],
    ['one whose status makes no sense', policy({ ...waiting, nextEvaluationTime: 'soon' }), 0],
  ];
  for (const [name, each, expected] of cases) {
    it(`for ${name} is ${expected} ms`, () => {
      expect(Math.round(untilEvaluation(each, { knownApproval: undefined }, NOW))).to.equal(expected);
    });
  }
});

describe('nextEvaluation', () => {
  it('is an interval later, give or take a tenth', () => {
    expect(nextEvaluation(policy(), NOW, () => 0.5)).to.equal(NOW + 300_000);
    expect(nextEvaluation(policy(), NOW, () => 0)).to.equal(NOW + 270_000);
    expect(nextEvaluation(policy(), NOW, () => 0.999_999)).to.be.closeTo(NOW + 330_000, 1);
  });
});

describe('requestOfPerson', () => {
  it('is no longer than the status can hold', () => {
    const request = requestOfPerson(policy(undefined, { [REQUESTED_AT]: 'x'.repeat(1_000) }));
    expect(request).to.have.lengthOf(256);
    expect(requestOfPerson(policy())).to.equal(undefined);
  });

  it('is found again in a status, whatever it is', () => {
    for (const request of [
      '',
      ' ',
      '\u0000',
      `${'x'.repeat(254)}🦑🦑`,
      `${'x'.repeat(255)}🦑🦑`,
      '🦑'.repeat(500),
    ]) {
      const asked = policy(undefined, { [REQUESTED_AT]: request });
      // What the API server, which has no lone surrogates, makes of it.
      const stored = requestOfPerson(asked)?.toWellFormed();
      expect(requestOfPerson(asked)).to.equal(stored);
    }
  });
});

describe('specDuration', () => {
  it('names the field that is wrong', () => {
    expect(specDuration('1h30m', 'spec.interval')).to.equal(5_400_000);
    expect(() => specDuration('1d', 'spec.interval')).to.throw(OperatorError, "`spec.interval` is '1d'");
  });
});
