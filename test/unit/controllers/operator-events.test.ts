import { expect } from 'chai';
import { createOperator } from '../../../src/controllers/operator.ts';
import type { StoredCluster, StoredPolicy } from '../../../src/controllers/resources.ts';
import { createVirtualClock, type VirtualClock } from '../../../src/lib/virtual-clock.ts';
import { apiError, createFakeApiClient, type FakeApiClient } from '../../support/fake-api-client.ts';
import { createFakeProxmoxCluster, type FakeProxmoxCluster } from '../../support/fake-proxmox-cluster.ts';
import { policySpec } from '../../support/policy-spec.ts';
import { createRecordingLogger } from '../../support/recording-logger.ts';
import { skewedCluster } from '../../support/skewed-cluster.ts';
import { credentialsSecret, storedCluster } from '../../support/stored-cluster.ts';

const NODES = ['pve1', 'pve2', 'pve3', 'pve4', 'pve5', 'pve6'];
const SECRET = credentialsSecret('lab-pve', { tokenId: 'balancer@pve!operator', tokenSecret: 'secret' });

describe('what happens to objects', () => {
  let clock: VirtualClock;
  let client: FakeApiClient;
  let proxmox: FakeProxmoxCluster;
  let stop: AbortController;
  let ended: Promise<void>;

  beforeEach(() => {
    clock = createVirtualClock();
    client = createFakeApiClient();
    proxmox = createFakeProxmoxCluster(clock, NODES);
    skewedCluster(proxmox);
    stop = new AbortController();
    const operator = createOperator({
      client,
      openProxmox: () => proxmox,
      instance: 'test',
      namespaces: [],
      clock,
      random: () => 0.5,
      logger: createRecordingLogger(),
      signal: stop.signal,
      graceSignal: new AbortController().signal,
    });
    ended = operator.run();
  });

  afterEach(async () => {
    stop.abort(new Error('the test is over'));
    await clock.advance(10_000);
    await ended;
  });

  function putCluster(spec: Partial<StoredCluster['spec']> = {}, generation = 1): void {
    const cluster = storedCluster(spec);
    const known = client.read<StoredCluster>('PveCluster', 'default/lab');
    client.put({
      ...cluster,
      metadata: { ...cluster.metadata, generation },
      ...(known?.status && { status: known.status }),
    });
  }

  function putPolicy(spec: object, traits: object = {}): void {
    const known = client.read<StoredPolicy>('BalancePolicy', 'default/lab');
    const generation = (known?.metadata.generation ?? 0) + 1;
    client.put({
      apiVersion: 'pve-cslb.io/v1alpha1',
      kind: 'BalancePolicy',
      metadata: { namespace: 'default', name: 'lab', uid: 'uid-policy', generation, ...traits },
      spec: policySpec({ interval: '1h', mode: 'DryRun', ...spec }),
      ...(known?.status && { status: known.status }),
    });
  }

  function ready(kind: 'BalancePolicy' | 'PveCluster' = 'BalancePolicy'): string | undefined {
    const found = client.read<StoredPolicy>(kind, 'default/lab')?.status?.conditions?.[0];
    return found && `${found.status} ${found.reason}`;
  }

  const evaluations = () => proxmox.calls.filter((call) => call === 'readInventory').length;

  it('is heard of in whatever order a policy, its cluster and its Secret come', async () => {
    putPolicy({});
    await clock.advance(1_000);
    expect(ready()).to.equal('False ClusterNotFound');
    putCluster();
    await clock.advance(1_000);
    expect(ready()).to.equal('False ClusterNotReady');
    expect(ready('PveCluster')).to.equal('False CredentialsNotFound');
    client.put(SECRET);
    // Secrets are read, not watched: at the next probe.
    await clock.advance(61_000);
    expect(ready('PveCluster')).to.equal('True Succeeded');
    expect(ready()).to.equal('True DryRun');
  });

  describe('of a policy that is evaluated once an hour', () => {
    beforeEach(async () => {
      client.put(SECRET);
      putCluster();
      putPolicy({});
      await clock.advance(1_000);
      expect(ready()).to.equal('True DryRun');
      expect(evaluations()).to.equal(1);
    });

    it('calls for nothing when the operator itself wrote', async () => {
      const before = client.calls.length;
      await clock.advance(50_000);
      expect(evaluations()).to.equal(1);
      expect(client.calls.length - before).to.be.below(5);
    });

    const cases: readonly (readonly [string, () => void])[] = [
      ['its spec changes', () => putPolicy({ tolerance: '5%' })],
      [
        'a person asks for it',
        () => putPolicy({}, { generation: 1, annotations: { 'pve-cslb.io/requested-at': 'now' } }),
      ],
      [
        'its status is wiped',
        () => {
          const { status: _, ...rest } = client.read<StoredPolicy>('BalancePolicy', 'default/lab') ?? {};
          client.put(rest as StoredPolicy);
        },
      ],
      [
        'it is deleted and created anew',
        () => {
          client.remove('BalancePolicy', 'default/lab');
          putPolicy({}, { uid: 'uid-another' });
        },
      ],
    ];
    for (const [name, act] of cases) {
      it(`calls for an evaluation when ${name}`, async () => {
        act();
        await clock.advance(2_000);
        expect(evaluations()).to.equal(2);
      });

      it(`calls for one when ${name} while the watches are down`, async () => {
        client.endWatches(apiError(503));
        act();
        client.compact();
        await clock.advance(40_000);
        expect(evaluations()).to.equal(2);
      });
    }

    it('tells the policy when its cluster stops being ready and is ready again', async () => {
      proxmox.quorate = false;
      await clock.advance(61_000);
      expect(ready()).to.equal('False ClusterNotReady');
      proxmox.quorate = true;
      await clock.advance(61_000);
      expect(ready()).to.equal('True DryRun');
    });

    it('tells the policy when its cluster is deleted and created anew', async () => {
      client.remove('PveCluster', 'default/lab');
      await clock.advance(1_000);
      expect(ready()).to.equal('False ClusterNotFound');
      putCluster();
      await clock.advance(1_000);
      expect(ready()).to.equal('True DryRun');
    });

    it('probes a cluster whose spec has changed, and the policy goes on with it', async () => {
      const probes = proxmox.calls.filter((call) => call === 'probe').length;
      putCluster({ requestTimeout: '10s' }, 2);
      await clock.advance(1_000);
      expect(proxmox.calls.filter((call) => call === 'probe').length).to.equal(probes + 1);
      putPolicy({ tolerance: '5%' });
      await clock.advance(1_000);
      expect(evaluations()).to.equal(2);
    });
  });

  it('lets a policy migrate until the cluster is balanced', async () => {
    client.put(SECRET);
    putCluster();
    putPolicy({ mode: 'Automatic', interval: '1m' });
    await clock.advance(15 * 60_000);
    expect(ready()).to.equal('True Balanced');
    expect(client.read<StoredPolicy>('BalancePolicy', 'default/lab')?.status?.totals).to.deep.equal({
      succeeded: 6,
      failed: 0,
    });
    expect(proxmox.requests).to.have.lengthOf(6);
  });
});
