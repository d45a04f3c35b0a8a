import { expect } from 'chai';
import { LEASE_KIND, type Lease } from '../../../src/kubernetes/lease.ts';
import { DEFAULT_LEASE_TIMING, type LeaseTiming } from '../../../src/kubernetes/lease-timing.ts';
import { apiError } from '../../support/fake-api-client.ts';
import { createLeaseElection, LEASE, LEASE_KEY, leaseOf } from '../../support/lease-election.ts';

describe('the leader elector', () => {
  it('makes the lease where there is none, and renews it every retry period', async () => {
    const { clock, client, candidate, spec } = createLeaseElection();
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

  it('waits out a whole lease that it saw unchanged, however old its times are', async () => {
    const { clock, client, candidate, spec } = createLeaseElection();
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
    const { clock, client, candidate } = createLeaseElection();
    client.put(leaseOf({ holderIdentity: 'slow', leaseDurationSeconds: 60 }));
    const { isAcquired } = candidate('a');
    await clock.advance(59_000);
    expect(isAcquired()).to.equal(false);
    await clock.advance(2_000);
    expect(isAcquired()).to.equal(true);
  });

  it('takes a lease with nothing in it', async () => {
    const { clock, client, candidate, spec } = createLeaseElection();
    client.put({ apiVersion: LEASE_KIND.apiVersion, kind: 'Lease', metadata: LEASE });
    const { isAcquired } = candidate('a');
    await clock.advance(0);
    expect(isAcquired()).to.equal(true);
    expect(spec()).to.include({ holderIdentity: 'a' });
  });

  it('does not take a change of annotations for a sign of life', async () => {
    const { clock, client, candidate } = createLeaseElection();
    client.put(leaseOf({ holderIdentity: 'dead', leaseDurationSeconds: 15 }));
    const { isAcquired } = candidate('a');
    await clock.advance(8_000);
    const lease = client.read<Lease>('Lease', LEASE_KEY);
    if (lease) client.put({ ...lease, metadata: { ...lease.metadata, annotations: { touched: 'yes' } } });
    await clock.advance(8_000);
    expect(isAcquired()).to.equal(true);
  });

  it('keeps what others put on the lease', async () => {
    const { clock, client, candidate } = createLeaseElection();
    const lease = leaseOf({ holderIdentity: '' });
    client.put({ ...lease, metadata: { ...lease.metadata, labels: { team: 'infra' } } });
    candidate('a');
    await clock.advance(4_000);
    expect(client.read<Lease>('Lease', LEASE_KEY)?.metadata.labels).to.deep.equal({ team: 'infra' });
  });

  it('takes its own lease, whose making got no answer, for its own', async () => {
    const { clock, client, candidate, spec } = createLeaseElection();
    client.fail('create', apiError(undefined, { mayHaveTakenEffect: true }), { after: true });
    const { isAcquired } = candidate('a');
    await clock.advance(2_000);
    expect(isAcquired()).to.equal(true);
    expect(spec()).to.include({ leaseTransitions: 0 });
  });

  it('asks again for as long as it may not read leases', async () => {
    const { clock, client, candidate } = createLeaseElection();
    client.fail('get', apiError(403), { times: 3 });
    const { isAcquired } = candidate('a');
    await clock.advance(5_000);
    expect(isAcquired()).to.equal(false);
    await clock.advance(2_000);
    expect(isAcquired()).to.equal(true);
  });

  it('refuses times that do not fit together', () => {
    const { candidate } = createLeaseElection();
    const wrong: readonly Partial<LeaseTiming>[] = [
      { leaseDurationMs: 10_000 },
      { renewDeadlineMs: 2_400 },
      { retryPeriodMs: 0 },
      { leaseDurationMs: 900, renewDeadlineMs: 500, retryPeriodMs: 100 },
    ];
    for (const times of wrong) {
      const create = () => candidate('a', undefined, { ...DEFAULT_LEASE_TIMING, ...times });
      expect(create).to.throw(/must be/);
    }
  });
});
