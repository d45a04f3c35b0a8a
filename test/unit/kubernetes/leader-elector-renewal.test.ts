import { expect } from 'chai';
import { apiError } from '../../support/fake-api-client.ts';
import { createLeaseElection, LEASE_KEY, leaseOf, lossOf } from '../../support/lease-election.ts';

describe('the leader elector', () => {
  it('lets a leader that was paused do nothing when it wakes up late', async () => {
    const { clock, candidate, spec } = createLeaseElection();
    const paused = candidate('a');
    await clock.advance(0);
    const other = candidate('b');
    await clock.advance(3_000);
    paused.clock.pause();
    await clock.advance(8_500);
    expect(paused.elector.isCertain()).to.equal(true);
    await clock.advance(1_000);
    // Uncertain before anybody else can lead.
    expect(paused.elector.isCertain()).to.equal(false);
    expect(other.isAcquired()).to.equal(false);
    await clock.advance(8_000);
    expect(other.elector.isCertain()).to.equal(true);

    paused.clock.resume();
    expect(paused.elector.isCertain()).to.equal(false);
    await clock.advance(0);
    expect(lossOf(paused.elector)).to.contain('it is held by b');
    expect(paused.changes).to.deep.equal([true, false]);
    await clock.advance(10_000);
    expect(spec()).to.include({ holderIdentity: 'b', leaseTransitions: 1 });
    expect(other.elector.isCertain()).to.equal(true);
  });

  it('goes on leading after a pause in which nobody touched the lease', async () => {
    const { clock, candidate } = createLeaseElection();
    const paused = candidate('a');
    await clock.advance(1_000);
    paused.clock.pause();
    await clock.advance(60_000);
    expect(paused.elector.isCertain()).to.equal(false);
    paused.clock.resume();
    await clock.advance(0);
    expect(paused.elector.isCertain()).to.equal(true);
    expect(paused.elector.lost.aborted).to.equal(false);
  });

  it('ends when it cannot renew by the deadline, before another can take over', async () => {
    const { clock, client, candidate } = createLeaseElection();
    const leader = candidate('a');
    await clock.advance(1_000);
    client.fail('update', apiError(503), { times: 100 });
    await clock.advance(10_500);
    expect(lossOf(leader.elector)).to.equal(undefined);
    expect(leader.elector.isCertain()).to.equal(false);
    await clock.advance(1_500);
    expect(lossOf(leader.elector)).to.contain('could not be renewed within 10 s');
    // 12 s after the last renewal at the latest; the lease lasts 15 s.
    expect(clock.monotonic()).to.be.below(15_000);
  });

  it('outlives outages shorter than the deadline, answers that got lost among them', async () => {
    const { clock, client, candidate, spec } = createLeaseElection();
    const leader = candidate('a');
    await clock.advance(1_000);
    client.fail('update', apiError(undefined, { mayHaveTakenEffect: true }), { after: true });
    client.fail('update', apiError(429));
    await clock.advance(6_000);
    expect(leader.elector.isCertain()).to.equal(true);
    client.hang('update');
    await clock.advance(9_000);
    expect(leader.elector.lost.aborted).to.equal(false);
    expect(leader.elector.isCertain()).to.equal(true);
    expect(spec()).to.include({ holderIdentity: 'a', leaseTransitions: 0 });
  });

  it('does not hang on requests that are never answered', async () => {
    const { clock, client, candidate } = createLeaseElection();
    const leader = candidate('a');
    await clock.advance(1_000);
    for (let times = 0; times < 10; times += 1) client.hang('update');
    await clock.advance(12_000);
    expect(lossOf(leader.elector)).to.contain('could not be renewed');
  });

  it('makes a deleted lease anew and goes on', async () => {
    const { clock, client, candidate, spec } = createLeaseElection();
    const leader = candidate('a');
    await clock.advance(1_000);
    client.remove('Lease', LEASE_KEY);
    await clock.advance(2_000);
    expect(leader.elector.isCertain()).to.equal(true);
    expect(spec()).to.include({ holderIdentity: 'a' });
  });

  it('ends when another made the deleted lease anew', async () => {
    const { clock, client, candidate } = createLeaseElection();
    const leader = candidate('a');
    await clock.advance(1_000);
    client.remove('Lease', LEASE_KEY);
    client.put(leaseOf({ holderIdentity: 'b', leaseDurationSeconds: 15 }));
    await clock.advance(2_000);
    expect(lossOf(leader.elector)).to.contain('it is held by b');
  });

  it('ends when somebody took the lease away by hand', async () => {
    const { clock, candidate, spec, edit } = createLeaseElection();
    const leader = candidate('a');
    await clock.advance(1_000);
    edit({ holderIdentity: '' });
    await clock.advance(2_000);
    expect(lossOf(leader.elector)).to.contain('it is held by nobody');
    expect(spec()).to.include({ holderIdentity: '' });
  });

  it('survives an edit of the lease that leaves its holder', async () => {
    const { clock, candidate, spec, edit } = createLeaseElection();
    const leader = candidate('a');
    await clock.advance(1_000);
    edit({ renewTime: '2031-01-01T00:00:00.000000Z', leaseTransitions: 7 });
    await clock.advance(2_000);
    expect(leader.elector.isCertain()).to.equal(true);
    expect(spec()).to.include({ leaseTransitions: 7, renewTime: '2026-01-01T00:00:02.000000Z' });
  });

  it('is moved neither forward nor back by leaps of the wall clock', async () => {
    const { clock, candidate } = createLeaseElection();
    const leader = candidate('a');
    await clock.advance(0);
    const other = candidate('b');
    await clock.advance(1_000);
    leader.clock.leapWall(-86_400_000);
    other.clock.leapWall(86_400_000);
    await clock.advance(30_000);
    expect(leader.elector.isCertain()).to.equal(true);
    expect(other.isAcquired()).to.equal(false);
    leader.clock.leapWall(2 * 86_400_000);
    // As after the machine slept: uncertain until the next renewal.
    expect(leader.elector.isCertain()).to.equal(false);
    await clock.advance(2_000);
    expect(leader.elector.isCertain()).to.equal(true);
    expect(leader.elector.lost.aborted).to.equal(false);
  });
});
