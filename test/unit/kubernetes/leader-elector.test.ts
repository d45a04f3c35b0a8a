import { expect } from 'chai';
import fc from 'fast-check';
import { createLeaderElector, type LeaderElector } from '../../../src/kubernetes/leader-elector.ts';
import { LEASE_KIND, type Lease, type LeaseSpec } from '../../../src/kubernetes/lease.ts';
import { DEFAULT_LEASE_TIMING, type LeaseTiming } from '../../../src/kubernetes/lease-timing.ts';
import { isOperatorError } from '../../../src/lib/errors.ts';
import { createVirtualClock, type VirtualClock } from '../../../src/lib/virtual-clock.ts';
import { apiError, createFakeApiClient, type FakeApiClient } from '../../support/fake-api-client.ts';
import { createPausableClock, type PausableClock } from '../../support/pausable-clock.ts';
import { createRecordingLogger } from '../../support/recording-logger.ts';

const LEASE = { namespace: 'pve-system', name: 'pve-cslb-operator' };
const KEY = 'pve-system/pve-cslb-operator';
const never = new AbortController().signal;

interface Candidate {
  readonly elector: LeaderElector;
  readonly clock: PausableClock;
  readonly changes: boolean[];
  /** Whether `acquire` has resolved. */
  isAcquired(): boolean;
}

describe('the leader elector', () => {
  let clock: VirtualClock;
  let client: FakeApiClient;

  beforeEach(() => {
    clock = createVirtualClock();
    client = createFakeApiClient();
  });

  function candidate(
    identity: string,
    signal = never,
    timing: LeaseTiming = DEFAULT_LEASE_TIMING,
  ): Candidate {
    const own = createPausableClock(clock);
    const changes: boolean[] = [];
    let acquired = false;
    const elector = createLeaderElector({
      client,
      lease: LEASE,
      identity,
      timing,
      clock: own,
      random: () => 0,
      logger: createRecordingLogger(),
      observer: { leadershipChanged: (leads) => changes.push(leads) },
    });
    elector.acquire(signal).then(
      () => {
        acquired = true;
      },
      () => undefined,
    );
    return { elector, clock: own, changes, isAcquired: () => acquired };
  }

  function spec(): LeaseSpec {
    const lease = client.read<Lease>('Lease', KEY);
    if (!lease?.spec) throw new Error('there is no lease');
    return lease.spec;
  }

  /** As a person with kubectl. */
  function edit(change: Partial<LeaseSpec>): void {
    const lease = client.read<Lease>('Lease', KEY);
    if (!lease) throw new Error('there is no lease');
    client.put({ ...lease, spec: { ...lease.spec, ...change } });
  }

  function lossOf(elector: LeaderElector): string | undefined {
    const { lost } = elector;
    if (!lost.aborted) return undefined;
    expect(isOperatorError(lost.reason, 'LeadershipLost')).to.equal(true);
    return String(lost.reason.message);
  }

  it('makes the lease where there is none, and renews it every retry period', async () => {
    const { elector, isAcquired, changes } = candidate('a');
    await clock.advance(0);
    expect(isAcquired()).to.equal(true);
    expect(spec()).to.deep.equal({
      holderIdentity: 'a',
      leaseDurationSeconds: 15,
      acquireTime: '2026-01-01T00:00:00.000000Z',
      renewTime: '2026-01-01T00:00:00.000000Z',
      leaseTransitions: 0,
    });
    await clock.advance(4_000);
    expect(spec()).to.include({
      acquireTime: '2026-01-01T00:00:00.000000Z',
      renewTime: '2026-01-01T00:00:04.000000Z',
      leaseTransitions: 0,
    });
    expect(elector.isCertain()).to.equal(true);
    expect(changes).to.deep.equal([true]);
    // A leader that nobody disturbs needs one request for each renewal.
    expect(client.calls.map(({ call }) => call)).to.deep.equal(['get', 'create', 'update', 'update']);
  });

  it('takes a lease that was given back at once, and counts the transition', async () => {
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

  it('waits out a whole lease that it saw unchanged, however old its times are', async () => {
    client.put(
      leaseOf({ holderIdentity: 'dead', leaseDurationSeconds: 15, renewTime: '1999-01-01T00:00:00Z' }),
    );
    const { isAcquired } = candidate('a');
    await clock.advance(14_000);
    expect(isAcquired()).to.equal(false);
    await clock.advance(2_000);
    expect(isAcquired()).to.equal(true);
    expect(spec()).to.include({ holderIdentity: 'a', leaseTransitions: 1 });
  });

  it('waits as long as the holder said, not as long as it would itself', async () => {
    client.put(leaseOf({ holderIdentity: 'slow', leaseDurationSeconds: 60 }));
    const { isAcquired } = candidate('a');
    await clock.advance(59_000);
    expect(isAcquired()).to.equal(false);
    await clock.advance(2_000);
    expect(isAcquired()).to.equal(true);
  });

  it('takes a lease with nothing in it', async () => {
    client.put({ apiVersion: LEASE_KIND.apiVersion, kind: 'Lease', metadata: LEASE });
    const { isAcquired } = candidate('a');
    await clock.advance(0);
    expect(isAcquired()).to.equal(true);
    expect(spec()).to.include({ holderIdentity: 'a' });
  });

  it('does not take a change of annotations for a sign of life', async () => {
    client.put(leaseOf({ holderIdentity: 'dead', leaseDurationSeconds: 15 }));
    const { isAcquired } = candidate('a');
    await clock.advance(8_000);
    const lease = client.read<Lease>('Lease', KEY);
    if (lease) client.put({ ...lease, metadata: { ...lease.metadata, annotations: { touched: 'yes' } } });
    await clock.advance(8_000);
    expect(isAcquired()).to.equal(true);
  });

  it('keeps what others put on the lease', async () => {
    const lease = leaseOf({ holderIdentity: '' });
    client.put({ ...lease, metadata: { ...lease.metadata, labels: { team: 'infra' } } });
    candidate('a');
    await clock.advance(4_000);
    expect(client.read<Lease>('Lease', KEY)?.metadata.labels).to.deep.equal({ team: 'infra' });
  });

  it('lets a leader that was paused do nothing when it wakes up late', async () => {
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

  it('does not give back what it lost, since something may run on for a moment', async () => {
    const leader = candidate('a');
    await clock.advance(1_000);
    client.fail('update', apiError(503), { times: 100 });
    await clock.advance(13_000);
    expect(lossOf(leader.elector)).to.contain('could not be renewed');
    const calls = client.calls.length;
    await leader.elector.release();
    expect(client.calls).to.have.lengthOf(calls);
  });

  it('outlives outages shorter than the deadline, answers that got lost among them', async () => {
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
    const leader = candidate('a');
    await clock.advance(1_000);
    for (let times = 0; times < 10; times += 1) client.hang('update');
    await clock.advance(12_000);
    expect(lossOf(leader.elector)).to.contain('could not be renewed');
  });

  it('takes its own lease, whose making got no answer, for its own', async () => {
    client.fail('create', apiError(undefined, { mayHaveTakenEffect: true }), { after: true });
    const { isAcquired } = candidate('a');
    await clock.advance(2_000);
    expect(isAcquired()).to.equal(true);
    expect(spec()).to.include({ leaseTransitions: 0 });
  });

  it('asks again for as long as it may not read leases', async () => {
    client.fail('get', apiError(403), { times: 3 });
    const { isAcquired } = candidate('a');
    await clock.advance(5_000);
    expect(isAcquired()).to.equal(false);
    await clock.advance(2_000);
    expect(isAcquired()).to.equal(true);
  });

  it('makes a deleted lease anew and goes on', async () => {
    const leader = candidate('a');
    await clock.advance(1_000);
    client.remove('Lease', KEY);
    await clock.advance(2_000);
    expect(leader.elector.isCertain()).to.equal(true);
    expect(spec()).to.include({ holderIdentity: 'a' });
  });

  it('ends when another made the deleted lease anew', async () => {
    const leader = candidate('a');
    await clock.advance(1_000);
    client.remove('Lease', KEY);
    client.put(leaseOf({ holderIdentity: 'b', leaseDurationSeconds: 15 }));
    await clock.advance(2_000);
    expect(lossOf(leader.elector)).to.contain('it is held by b');
  });

  it('ends when somebody took the lease away by hand', async () => {
    const leader = candidate('a');
    await clock.advance(1_000);
    edit({ holderIdentity: '' });
    await clock.advance(2_000);
    expect(lossOf(leader.elector)).to.contain('it is held by nobody');
    expect(spec()).to.include({ holderIdentity: '' });
  });

  it('survives an edit of the lease that leaves its holder', async () => {
    const leader = candidate('a');
    await clock.advance(1_000);
    edit({ renewTime: '2031-01-01T00:00:00.000000Z', leaseTransitions: 7 });
    await clock.advance(2_000);
    expect(leader.elector.isCertain()).to.equal(true);
    expect(spec()).to.include({ leaseTransitions: 7, renewTime: '2026-01-01T00:00:02.000000Z' });
  });

  it('is moved neither forward nor back by leaps of the wall clock', async () => {
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

  it('gives back a lease that an acquire cut short may have taken', async () => {
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
    client.put(leaseOf({ holderIdentity: 'b', leaseDurationSeconds: 15 }));
    const stop = new AbortController();
    const { elector } = candidate('a', stop.signal);
    await clock.advance(500);
    stop.abort(new Error('SIGTERM'));
    await elector.release();
    expect(spec()).to.include({ holderIdentity: 'b' });
  });

  it('does not wait long at the stop for an API server that is away', async () => {
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

  it('refuses times that do not fit together', () => {
    const wrong: readonly Partial<LeaseTiming>[] = [
      { leaseDurationMs: 10_000 },
      { renewDeadlineMs: 2_400 },
      { retryPeriodMs: 0 },
      { leaseDurationMs: 900, renewDeadlineMs: 500, retryPeriodMs: 100 },
    ];
    for (const times of wrong) {
      const create = () => candidate('a', never, { ...DEFAULT_LEASE_TIMING, ...times });
      expect(create).to.throw(/must be/);
    }
  });

  it('never lets two be certain at once, whoever is paused and whatever fails', async () => {
    const names = ['a', 'b', 'c'] as const;
    const step = fc.record({
      who: fc.nat(names.length - 1),
      what: fc.constantFrom('pause', 'resume', 'leap', 'fail', 'lose answer', 'hang', 'nothing'),
      forMs: fc.integer({ min: 0, max: 9_000 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        clock = createVirtualClock();
        client = createFakeApiClient();
        const stop = new AbortController();
        const candidates = names.map((name) => candidate(name, stop.signal));
        for (const { who, what, forMs } of steps) {
          const chosen = candidates[who];
          if (what === 'pause') chosen?.clock.pause();
          if (what === 'resume') chosen?.clock.resume();
          if (what === 'leap') chosen?.clock.leapWall(forMs * 1_000 - 4_000_000);
          if (what === 'fail') client.fail('update', apiError(503));
          if (what === 'lose answer') {
            client.fail('update', apiError(undefined, { mayHaveTakenEffect: true }), { after: true });
          }
          if (what === 'hang') client.hang('get');
          for (let passed = 0; passed < forMs; passed += 500) {
            await clock.advance(500);
            const certain = candidates.filter(({ elector }) => elector.isCertain());
            expect(certain.length).to.be.at.most(1);
          }
        }
        stop.abort(new Error('over'));
        for (const { elector, clock: own } of candidates) {
          own.resume();
          const released = elector.release();
          await clock.advance(5_000);
          await released;
        }
      }),
      { numRuns: 300 },
    );
  });
});

function leaseOf(spec: LeaseSpec) {
  return { apiVersion: LEASE_KIND.apiVersion, kind: 'Lease', metadata: LEASE, spec };
}
