import { expect } from 'chai';
import type { HistoryEntry } from '../../../../src/api/generated/balance-policy.ts';
import { failingPause } from '../../../../src/controllers/balance-policy/failing-pause.ts';
import type { Outcome } from '../../../../src/controllers/balance-policy/settlement.ts';

const NOW = Date.UTC(2026, 6, 1);

/** Newest first. */
function history(...outcomes: Outcome[]): { readonly history: readonly HistoryEntry[] } {
  return {
    history: outcomes.map((outcome, index) => ({
      id: String(index),
      vmid: 100,
      type: 'qemu',
      name: 'web',
      source: 'pve1',
      target: 'pve2',
      outcome,
      endTime: '2026-07-01T00:00:00Z',
    })),
  };
}

function pauseMinutes(...outcomes: Outcome[]): number | undefined {
  const pause = failingPause(history(...outcomes), NOW);
  return pause && (pause.until - NOW) / 60_000;
}

describe('the pause of a policy whose migrations fail', () => {
  it('begins at the third failure in a row and doubles with each further one, up to six hours', () => {
    expect(pauseMinutes('Failed', 'Failed')).to.equal(undefined);
    expect(pauseMinutes('Failed', 'Refused', 'Unknown')).to.equal(10);
    expect(pauseMinutes('Failed', 'Failed', 'Failed', 'Failed')).to.equal(20);
    expect(pauseMinutes(...Array<Outcome>(20).fill('Failed'))).to.equal(360);
  });

  it('ends with a success, and does not count what says nothing about the cluster', () => {
    expect(pauseMinutes('Succeeded', 'Failed', 'Failed', 'Failed')).to.equal(undefined);
    expect(pauseMinutes('Failed', 'Superseded', 'Failed', 'NotStarted')).to.equal(undefined);
    expect(pauseMinutes('NotStarted', 'Failed', 'Failed', 'Failed')).to.equal(10);
  });

  it('is over once its time has passed, or when no failure is remembered', () => {
    const failed = history('Failed', 'Failed', 'Failed');
    expect(failingPause(failed, NOW + 599_999)).to.include({ failures: 3 });
    expect(failingPause(failed, NOW + 600_000)).to.equal(undefined);
    expect(failingPause({}, NOW)).to.equal(undefined);
  });
});
