import { expect } from 'chai';
import { createOperator, type Operator } from '../../../src/controllers/operator.ts';
import { BALANCE_POLICIES, PVE_CLUSTERS } from '../../../src/controllers/resources.ts';
import { createLeaderElector, type LeaderElector } from '../../../src/kubernetes/leader-elector.ts';
import type { Lease } from '../../../src/kubernetes/lease.ts';
import { DEFAULT_LEASE_TIMING } from '../../../src/kubernetes/lease-timing.ts';
import { isOperatorError } from '../../../src/lib/errors.ts';
import { createVirtualClock, type VirtualClock } from '../../../src/lib/virtual-clock.ts';
import { apiError, createFakeApiClient, type FakeApiClient } from '../../support/fake-api-client.ts';
import { policySpec } from '../../support/policy-spec.ts';
import { createRecordingLogger, type RecordingLogger } from '../../support/recording-logger.ts';

const LEASE = { namespace: 'lab', name: 'pve-cslb-operator' };
const GRACE_MS = 20_000;

interface RunningOperator {
  readonly operator: Operator;
  readonly elector: LeaderElector;
  readonly logger: RecordingLogger;
  stop(): void;
  /** How `run` ended: undefined while it runs, 'Stopped', or what it rejected with. */
  end(): unknown;
}

describe('the operator', () => {
  let clock: VirtualClock;
  let client: FakeApiClient;

  beforeEach(() => {
    clock = createVirtualClock();
    client = createFakeApiClient();
    const metadata = { namespace: 'lab', name: 'lab', generation: 1 };
    const { apiVersion, kind } = BALANCE_POLICIES;
    client.put({ apiVersion, kind, metadata, spec: policySpec() } as Parameters<typeof client.put>[0]);
  });

  function start(identity: string): RunningOperator {
    const logger = createRecordingLogger();
    const stop = new AbortController();
    const grace = new AbortController();
    const common = { client, clock, random: () => 0, logger };
    const timing = DEFAULT_LEASE_TIMING;
    const elector = createLeaderElector({ ...common, lease: LEASE, identity, timing });
    const operator = createOperator({
      ...common,
      elector,
      instance: identity,
      namespaces: [],
      openProxmox: () => {
        throw new Error('there is no Proxmox cluster');
      },
      signal: stop.signal,
      graceSignal: grace.signal,
    });
    let end: unknown;
    operator.run().then(
      () => {
        end = 'Stopped';
      },
      (error: unknown) => {
        end = error;
      },
    );
    return {
      operator,
      elector,
      logger,
      stop() {
        stop.abort(new Error('SIGTERM'));
        clock.sleep(GRACE_MS).then(
          () => grace.abort(),
          () => undefined,
        );
      },
      end: () => end,
    };
  }

  const holder = () => client.read<Lease>('Lease', 'lab/pve-cslb-operator')?.spec?.holderIdentity;
  const writes = () => client.calls.filter(({ call }) => call === 'applyStatus').length;

  it('reconciles as the leader only, while a follower is ready and does nothing', async () => {
    const first = start('a');
    await clock.advance(1_000);
    expect(writes()).to.be.greaterThan(0);
    const before = writes();
    const second = start('b');
    await clock.advance(500);
    expect(second.operator.readiness().map(({ problem }) => problem)).to.deep.equal([undefined, undefined]);
    expect(second.operator.policies()).to.have.length(1);
    expect(second.logger.lines.some(({ fields }) => 'reconcileID' in fields)).to.equal(false);
    expect(writes()).to.equal(before);

    first.stop();
    await clock.advance(10);
    expect(first.end()).to.equal('Stopped');
    expect(holder()).to.equal('');
    await clock.advance(5_000);
    expect(holder()).to.equal('b');
    expect(second.logger.lines.some(({ fields }) => 'reconcileID' in fields)).to.equal(true);
  });

  it('stops before its caches are synced, without ever asking for the lease', async () => {
    client.fail('list', apiError(503), { times: 100 });
    const { operator, stop, end } = start('a');
    await clock.advance(2_000);
    expect(operator.readiness().map(({ problem }) => problem)).to.deep.equal([
      'not synced yet',
      'not synced yet',
    ]);
    stop();
    await clock.advance(0);
    expect(end()).to.equal('Stopped');
    expect(client.calls.some(({ kind }) => kind.kind === 'Lease')).to.equal(false);
  });

  it('stops while it waits for the lease, and leaves it to its holder', async () => {
    start('a');
    await clock.advance(1_000);
    const second = start('b');
    await clock.advance(3_000);
    second.stop();
    await clock.advance(0);
    expect(second.end()).to.equal('Stopped');
    expect(holder()).to.equal('a');
  });

  it('keeps the lease until the steps under way have ended', async () => {
    const first = start('a');
    await clock.advance(1_000);
    // A reconcile reads the policy and gets no answer.
    client.hang('get');
    client.put({
      ...client.read('BalancePolicy', 'lab/lab'),
      metadata: { namespace: 'lab', name: 'lab', generation: 2 },
    } as Parameters<typeof client.put>[0]);
    await clock.advance(0);
    first.stop();
    expect(holder()).to.equal('a');
    await clock.advance(100);
    expect(first.end()).to.equal('Stopped');
    expect(holder()).to.equal('');
  });

  it('ends at once with an error when the lease is lost, and does not touch it', async () => {
    const first = start('a');
    await clock.advance(1_000);
    const lease = client.read<Lease>('Lease', 'lab/pve-cslb-operator');
    if (lease) client.put({ ...lease, spec: { ...lease.spec, holderIdentity: 'other' } });
    await clock.advance(2_000);
    expect(isOperatorError(first.end(), 'LeadershipLost')).to.equal(true);
    expect(holder()).to.equal('other');
    const before = client.calls.length;
    await clock.advance(60_000);
    expect(client.calls.length).to.equal(before);
  });

  it('says which kind the API server does not serve, and recovers', async () => {
    client.fail('list', apiError(404), { times: 2 });
    const { operator } = start('a');
    await clock.advance(0);
    expect(operator.readiness()).to.deep.equal(
      [PVE_CLUSTERS, BALANCE_POLICIES].map(({ kind, plural }) => ({
        kind,
        problem: `the API server does not serve ${plural}; is the CustomResourceDefinition installed?`,
      })),
    );
    await clock.advance(2_000);
    expect(operator.readiness().map(({ problem }) => problem)).to.deep.equal([undefined, undefined]);
  });
});
