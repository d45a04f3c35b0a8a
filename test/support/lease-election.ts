import { expect } from 'chai';
import { createLeaderElector, type LeaderElector } from '../../src/kubernetes/leader-elector.ts';
import { LEASE_KIND, type Lease, type LeaseSpec } from '../../src/kubernetes/lease.ts';
import { DEFAULT_LEASE_TIMING, type LeaseTiming } from '../../src/kubernetes/lease-timing.ts';
import { isOperatorError } from '../../src/lib/errors.ts';
import { createVirtualClock, type VirtualClock } from '../../src/lib/virtual-clock.ts';
import { createFakeApiClient, type FakeApiClient } from './fake-api-client.ts';
import { createPausableClock, type PausableClock } from './pausable-clock.ts';
import { createRecordingLogger } from './recording-logger.ts';

export const LEASE = { namespace: 'pve-system', name: 'pve-cslb-operator' };
export const LEASE_KEY = 'pve-system/pve-cslb-operator';
const never = new AbortController().signal;

interface Candidate {
  readonly elector: LeaderElector;
  readonly clock: PausableClock;
  readonly changes: boolean[];
  /** Whether `acquire` has resolved. */
  isAcquired(): boolean;
}

/** One lease on an API server in memory, and who wants it, each with a view of its own of one virtual clock. */
interface LeaseElection {
  readonly clock: VirtualClock;
  readonly client: FakeApiClient;
  candidate(identity: string, signal?: AbortSignal, timing?: LeaseTiming): Candidate;
  spec(): LeaseSpec;
  /** As a person with kubectl. */
  edit(change: Partial<LeaseSpec>): void;
}

export function createLeaseElection(): LeaseElection {
  const clock = createVirtualClock();
  const client = createFakeApiClient();

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
    const lease = client.read<Lease>('Lease', LEASE_KEY);
    if (!lease?.spec) throw new Error('there is no lease');
    return lease.spec;
  }

  function edit(change: Partial<LeaseSpec>): void {
    const lease = client.read<Lease>('Lease', LEASE_KEY);
    if (!lease) throw new Error('there is no lease');
    client.put({ ...lease, spec: { ...lease.spec, ...change } });
  }

  return { clock, client, candidate, spec, edit };
}

/** Why the leadership was lost; undefined as long as it was not. */
export function lossOf(elector: LeaderElector): string | undefined {
  const { lost } = elector;
  if (!lost.aborted) return undefined;
  expect(isOperatorError(lost.reason, 'LeadershipLost')).to.equal(true);
  return String(lost.reason.message);
}

export function leaseOf(spec: LeaseSpec) {
  return { apiVersion: LEASE_KIND.apiVersion, kind: 'Lease', metadata: LEASE, spec };
}
