import { expect } from 'chai';
import { findCondition, formatTime, shorten, withConditions } from '../../../src/controllers/conditions.ts';
import { statusProblems } from '../../support/crd-status.ts';

const FIRST = Date.UTC(2026, 0, 1);
const LATER = FIRST + 60_000;
const READY = { type: 'Ready', status: 'True', reason: 'Balanced', message: 'All is well.' } as const;

describe('withConditions', () => {
  it('adds what was not there, with the time of its beginning', () => {
    expect(withConditions(undefined, [READY], 3, FIRST)).to.deep.equal([
      { ...READY, observedGeneration: 3, lastTransitionTime: '2026-01-01T00:00:00Z' },
    ]);
  });

  it('moves the time with the status, and with nothing else', () => {
    const before = withConditions(undefined, [READY], 3, FIRST);
    const reworded = withConditions(before, [{ ...READY, reason: 'Migrating', message: 'Other.' }], 4, LATER);
    expect(reworded[0]).to.include({ lastTransitionTime: '2026-01-01T00:00:00Z', observedGeneration: 4 });
    const turned = withConditions(before, [{ ...READY, status: 'False' }], 4, LATER);
    expect(turned[0]).to.include({ lastTransitionTime: '2026-01-01T00:01:00Z' });
  });

  it('is the same list when it is said again, later', () => {
    const before = withConditions(undefined, [READY, { ...READY, type: 'Balanced' }], 3, FIRST);
    expect(withConditions(before, [{ ...READY, type: 'Balanced' }, READY], 3, LATER)).to.deep.equal(before);
  });

  it('takes Reconciling and Stalled out when they are over, and leaves the others alone', () => {
    const stalled = { type: 'Stalled', status: 'True', reason: 'Forbidden', message: 'No.' } as const;
    const before = withConditions(undefined, [READY, stalled], 3, FIRST);
    const after = withConditions(before, [{ type: 'Stalled', status: 'Absent' }], 3, LATER);
    expect(findCondition(after, 'Stalled')).to.equal(undefined);
    expect(findCondition(after, 'Ready')).to.equal(before[0]);
    expect(withConditions(after, [{ type: 'Stalled', status: 'Absent' }], 3, LATER)).to.deep.equal(after);
    expect(before).to.have.lengthOf(2);
  });

  it('keeps messages within what the CRDs take', () => {
    const long = { ...READY, message: '🦑 ä x'.repeat(2_000) };
    const conditions = withConditions(undefined, [long], 3, FIRST);
    expect(statusProblems('BalancePolicy', { conditions })).to.deep.equal([]);
    expect(statusProblems('PveCluster', { conditions })).to.deep.equal([]);
  });
});

describe('formatTime and shorten', () => {
  it('write what Kubernetes reads', () => {
    expect(formatTime(FIRST + 1_999)).to.equal('2026-01-01T00:00:01Z');
    expect(shorten('abc', 3)).to.equal('abc');
    expect(shorten('abcd', 3)).to.equal('ab…');
  });

  it('leave no half a character, which the API server would store as another one', () => {
    for (const longest of [2, 3, 4, 5, 6]) {
      const short = shorten('🦑🦑🦑🦑', longest);
      expect(short.isWellFormed(), String(longest)).to.equal(true);
      expect(short.length).to.be.at.most(longest);
    }
  });
});
