import { expect } from 'chai';
import { apiError } from '../../support/fake-api-client.ts';
import { createLeaseElection, leaseOf, lossOf } from '../../support/lease-election.ts';

describe('the leader elector', () => {
  it('takes a lease that was given back at once, and counts the transition', async () => {
    const { clock, candidate, spec } = createLeaseElection();
    const first = candidate('a');
    await clock.advance(0);
    const second = candidate('b');
    await clock.advance(1_000);
    expect(second.isAcquired()).to.equal(false);
    await first.elector.release();
    expect(spec()).to.include({ holderIdentity: '', leaseDurationSeconds: 1 });
    expect(first.elector.isCertain()).to.equal(false);
    expect(first.elector.lost.aborted).to.equal(false);
    expect(first.changes).to.deep.equal([true, false]);
    await clock.advance(2_000);
    expect(second.isAcquired()).to.equal(true);
    expect(spec()).to.include({ holderIdentity: 'b', leaseDurationSeconds: 15, leaseTransitions: 1 });
    await first.elector.release();
    expect(spec()).to.include({ holderIdentity: 'b' });
  });

  it('does not give back what it lost, since something may run on for a moment', async () => {
    const { clock, client, candidate } = createLeaseElection();
    const leader = candidate('a');
    await clock.advance(1_000);
    client.fail('update', apiError(503), { times: 100 });
    await clock.advance(13_000);
    expect(lossOf(leader.elector)).to.contain('could not be renewed');
    const calls = client.calls.length;
    await leader.elector.release();
    expect(client.calls).to.have.lengthOf(calls);
  });

  it('gives back a lease that an acquire cut short may have taken', async () => {
    const { clock, client, candidate, spec } = createLeaseElection();
    const stop = new AbortController();
    client.fail('create', apiError(undefined, { mayHaveTakenEffect: true }), { after: true });
    const { elector, isAcquired } = candidate('a', stop.signal);
    await clock.advance(500);
    stop.abort(new Error('SIGTERM'));
    await clock.advance(0);
    expect(isAcquired()).to.equal(false);
    await elector.release();
    expect(spec()).to.include({ holderIdentity: '' });
  });

  it('leaves the lease of another alone at the stop', async () => {
    const { clock, client, candidate, spec } = createLeaseElection();
    client.put(leaseOf({ holderIdentity: 'b', leaseDurationSeconds: 15 }));
    const stop = new AbortController();
    const { elector } = candidate('a', stop.signal);
    await clock.advance(500);
    stop.abort(new Error('SIGTERM'));
    await elector.release();
    expect(spec()).to.include({ holderIdentity: 'b' });
  });

  it('does not wait long at the stop for an API server that is away', async () => {
    const { clock, client, candidate } = createLeaseElection();
    const { elector } = candidate('a');
    await clock.advance(1_000);
    client.hang('get');
    let released = false;
    const releasing = elector.release().then(() => {
      released = true;
    });
    await clock.advance(5_000);
    expect(released).to.equal(true);
    await releasing;
  });
});
