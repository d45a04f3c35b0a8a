import { expect } from 'chai';
import { news } from '../../../../scripts/demo/news.ts';
import { type Observation, observe } from '../../../../scripts/demo/observation.ts';
import type { BalancePolicyStatus } from '../../../../src/api/generated/balance-policy.ts';
import { demoPolicy, endedEntry, runningEntry } from '../../../support/demo-policy.ts';

/** The lines for each status of a policy, one after the other. */
function told(...statuses: readonly BalancePolicyStatus[]): string[][] {
  let before: Observation | undefined;
  return statuses.map((status) => {
    const after = observe(before, demoPolicy(status));
    const lines = news(before, after);
    before = after;
    return lines;
  });
}

const EVALUATED: BalancePolicyStatus = {
  lastEvaluationTime: '2026-01-01T00:00:00Z',
  imbalance: { value: '61.5%', tolerance: '20.0%', mean: '200.0', deviation: '131.0' },
  nodes: [
    { name: 'pve1', weight: 381, guests: 18, role: 'Source' },
    { name: 'pve2', guests: 6, role: 'Offline' },
  ],
};

describe("the demo's news", () => {
  it('tells each evaluation once', () => {
    expect(told(EVALUATED, { ...EVALUATED, inFlight: 0 })).to.deep.equal([
      ['Imbalance 61.5%, tolerated 20.0%; weights: pve1 381, pve2 -'],
      [],
    ]);
  });

  it('tells that a migration runs and how it ended, and not each step between', () => {
    expect(
      told(
        { migrations: [runningEntry(101, { state: 'Pending' })] },
        { migrations: [runningEntry(101)] },
        { migrations: [runningEntry(101, { progress: '50%' })] },
        { history: [endedEntry(101)] },
        { history: [endedEntry(102, { outcome: 'Failed', message: 'no route' }), endedEntry(101)] },
      ),
    ).to.deep.equal([
      [],
      ['qemu/101 vm-101 pve1 → pve2: Running'],
      [],
      ['qemu/101 vm-101 pve1 → pve2: Succeeded 1m35s'],
      ['qemu/102 vm-102 pve1 → pve2: Failed 1m35s: no route'],
    ]);
  });

  it('tells what keeps the policy from its job', () => {
    const ready = {
      type: 'Ready',
      status: 'False',
      reason: 'Unreachable',
      message: 'no answer',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    } as const;
    expect(told({}, { conditions: [ready] }, { conditions: [ready], inFlight: 0 })).to.deep.equal([
      [],
      ['Not ready (Unreachable): no answer'],
      [],
    ]);
  });
});
