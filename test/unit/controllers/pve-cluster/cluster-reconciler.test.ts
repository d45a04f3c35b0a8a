import { expect } from 'chai';
import { type ClusterState, createClusterDirectory } from '../../../../src/controllers/cluster-directory.ts';
import { reconcileCluster } from '../../../../src/controllers/pve-cluster/cluster-reconciler.ts';
import { createConnections } from '../../../../src/controllers/pve-cluster/connections.ts';
import type { StoredCluster } from '../../../../src/controllers/resources.ts';
import type { ObjectEvent } from '../../../../src/kubernetes/event-object.ts';
import type { ErrorCode } from '../../../../src/lib/errors.ts';
import { createVirtualClock } from '../../../../src/lib/virtual-clock.ts';
import { statusProblems } from '../../../support/crd-status.ts';
import { apiError, createFakeApiClient } from '../../../support/fake-api-client.ts';
import { createFakeProxmoxCluster } from '../../../support/fake-proxmox-cluster.ts';
import { type KStatus, kstatus } from '../../../support/kstatus.ts';
import { createRecordingLogger } from '../../../support/recording-logger.ts';
import { credentialsSecret, storedCluster } from '../../../support/stored-cluster.ts';

const KEY = 'default/lab';
const TOKEN = { tokenId: 'balancer@pve!operator', tokenSecret: 'secret' };

function setUp() {
  const clock = createVirtualClock();
  const client = createFakeApiClient();
  const proxmox = createFakeProxmoxCluster(clock, ['pve1', 'pve2', 'pve3']);
  const logger = createRecordingLogger();
  const events: ObjectEvent[] = [];
  const told: (ClusterState | undefined)[] = [];
  const directory = createClusterDirectory();
  directory.onChange((key) => told.push(directory.get(key)));
  proxmox.addGuest(100, 'pve1');
  client.put(credentialsSecret('lab-pve', TOKEN));
  const { metadata, ...cluster } = storedCluster({});
  client.put({ ...cluster, metadata: { ...metadata, creationTimestamp: '2026-01-01T00:00:00Z' } });
  const opened: object[] = [];
  const options = {
    client,
    clock,
    random: () => 0.5,
    events: {
      record: (_object: object, event: ObjectEvent) => void events.push(event),
      stop: async () => {},
    },
    connections: createConnections((connection) => {
      opened.push(connection);
      return proxmox;
    }),
    directory,
    clusters: () => client.all<StoredCluster>('PveCluster'),
  };
  const stored = (key = KEY) => {
    const found = client.read<StoredCluster>('PveCluster', key);
    if (!found) throw new Error(`there is no ${key}`);
    return found;
  };
  return {
    clock,
    client,
    proxmox,
    events,
    told,
    opened,
    directory,
    stored,
    writes: () => client.calls.filter(({ call }) => call === 'applyStatus').length,
    condition(type: string, key = KEY) {
      const found = stored(key).status?.conditions?.find((condition) => condition.type === type);
      return found && `${found.status} ${found.reason}`;
    },
    async reconcile(key = KEY) {
      const context = { signal: new AbortController().signal, logger, reconcileId: 'test' };
      const result = await reconcileCluster(key, context, options);
      const problems = client
        .all<StoredCluster>('PveCluster')
        .flatMap(({ status }) => statusProblems('PveCluster', status));
      expect(problems).to.deep.equal([]);
      return result;
    },
  };
}

describe('reconcileCluster', () => {
  it('shows what the cluster is, tells the policies, and comes again', async () => {
    const world = setUp();
    const result = await world.reconcile();
    expect(result).to.deep.include({ kind: 'RequeueAfter', milliseconds: 60_000 });
    expect(world.stored().status).to.deep.include({
      observedGeneration: 1,
      identity: 'lab AA:BB',
      version: '9.1.2',
      nodes: { total: 3, online: 3 },
      guests: { total: 1, running: 1 },
      missingPrivileges: [],
    });
    expect(world.condition('Ready')).to.equal('True Succeeded');
    expect(kstatus(world.stored())).to.equal('Current');
    expect(world.told).to.have.lengthOf(1);
    expect(world.told[0]).to.deep.include({ kind: 'Ready', identity: 'lab AA:BB', generation: 1 });
    expect(world.events.map(({ reason }) => reason)).to.deep.equal(['Ready']);
  });

  it('writes and tells nothing when nothing but the time has changed', async () => {
    const world = setUp();
    await world.reconcile();
    const before = world.writes();
    for (let probe = 0; probe < 5; probe += 1) {
      await world.clock.advance(60_000);
      await world.reconcile();
    }
    expect(world.writes()).to.equal(before);
    expect(world.told).to.have.lengthOf(1);
    expect(world.events).to.have.lengthOf(1);
    expect(world.opened).to.have.lengthOf(1);
  });

  it('is seen as in progress before the first probe has ended, should that never come', async () => {
    const world = setUp();
    world.proxmox.onCall = () => {
      expect(world.condition('Ready')).to.equal('Unknown Progressing');
      expect(kstatus(world.stored())).to.equal('InProgress');
    };
    await world.reconcile();
    expect(world.proxmox.calls).to.deep.equal(['probe']);
  });

  for (const [code, ready, reachable, authorized, reads] of [
    ['Unreachable', 'False Unreachable', 'False Unreachable', 'Unknown Unreachable', 'InProgress'],
    [
      'CertificateUntrusted',
      'False CertificateUntrusted',
      'False CertificateUntrusted',
      'Unknown CertificateUntrusted',
      'Failed',
    ],
    ['Unauthorized', 'False Unauthorized', 'True Reachable', 'False Unauthorized', 'Failed'],
    ['Forbidden', 'False Forbidden', 'True Reachable', 'False Forbidden', 'Failed'],
    [
      'UnexpectedAnswer',
      'False DataIncomplete',
      'Unknown DataIncomplete',
      'Unknown DataIncomplete',
      'InProgress',
    ],
  ] as readonly (readonly [ErrorCode, string, string, string, KStatus])[]) {
    it(`says ${ready} on ${code}, once, and recovers by itself`, async () => {
      const world = setUp();
      world.proxmox.fail('probe', code, 2);
      await world.reconcile();
      await world.reconcile();
      expect(world.condition('Ready')).to.equal(ready);
      expect(world.condition('Reachable')).to.equal(reachable);
      expect(world.condition('Authorized')).to.equal(authorized);
      expect(kstatus(world.stored())).to.equal(reads);
      expect(world.events.map(({ type }) => type)).to.deep.equal(['Warning']);
      expect(world.told.map((state) => state?.kind)).to.deep.equal(['NotReady']);
      await world.reconcile();
      expect(world.condition('Ready')).to.equal('True Succeeded');
      expect(world.condition('Stalled')).to.equal(undefined);
      expect(world.condition('Reconciling')).to.equal(undefined);
      expect(world.told.map((state) => state?.kind)).to.deep.equal(['NotReady', 'Ready']);
    });
  }

  it('says what privileges are missing, and when there is no quorum', async () => {
    const world = setUp();
    world.proxmox.missingPrivileges = ['VM.Migrate on /vms'];
    world.proxmox.quorate = false;
    await world.reconcile();
    expect(world.condition('Ready')).to.equal('False Forbidden');
    expect(world.condition('Authorized')).to.equal('False Forbidden');
    expect(world.condition('Quorate')).to.equal('False NotQuorate');
    expect(kstatus(world.stored())).to.equal('Failed');
    expect(world.stored().status?.missingPrivileges).to.deep.equal(['VM.Migrate on /vms']);
    world.proxmox.missingPrivileges = [];
    await world.reconcile();
    expect(world.condition('Ready')).to.equal('False NotQuorate');
    expect(kstatus(world.stored())).to.equal('InProgress');
    world.proxmox.quorate = true;
    await world.reconcile();
    expect(world.condition('Ready')).to.equal('True Succeeded');
  });

  it('says that a Secret is missing, and takes it up when it is there', async () => {
    const world = setUp();
    world.client.remove('Secret', 'default/lab-pve');
    await world.reconcile();
    expect(world.condition('Ready')).to.equal('False CredentialsNotFound');
    expect(kstatus(world.stored())).to.equal('Failed');
    expect(world.proxmox.calls).to.deep.equal([]);
    world.client.put(credentialsSecret('lab-pve', TOKEN));
    await world.reconcile();
    expect(world.condition('Ready')).to.equal('True Succeeded');
  });

  it('connects anew when the Secret changes, and not otherwise', async () => {
    const world = setUp();
    await world.reconcile();
    world.client.put(credentialsSecret('lab-pve', { ...TOKEN, tokenSecret: 'new' }));
    await world.reconcile();
    await world.reconcile();
    expect(world.opened).to.have.lengthOf(2);
  });

  it('writes a wiped status again', async () => {
    const world = setUp();
    await world.reconcile();
    const { status, ...rest } = world.stored();
    world.client.put(rest);
    await world.reconcile();
    expect(world.stored().status).to.deep.include({ identity: status?.identity, version: '9.1.2' });
    expect(world.condition('Ready')).to.equal('True Succeeded');
  });

  it('keeps what it knew of a cluster that does not answer now', async () => {
    const world = setUp();
    await world.reconcile();
    world.proxmox.fail('probe', 'Unreachable');
    await world.reconcile();
    expect(world.stored().status).to.deep.include({ identity: 'lab AA:BB', version: '9.1.2' });
  });

  it('leaves the status to the other writer when it was changed meanwhile', async () => {
    const world = setUp();
    await world.reconcile();
    world.proxmox.quorate = false;
    world.proxmox.onCall = () => {
      world.client.put({ ...world.stored(), metadata: { ...world.stored().metadata, generation: 2 } });
    };
    let error: unknown;
    await world.reconcile().catch((thrown: unknown) => {
      error = thrown;
    });
    expect(error).to.have.property('code', 'Conflict');
    expect(world.stored().status?.observedGeneration).to.equal(1);
  });

  it('does not take an API server that is away for a missing Secret', async () => {
    const world = setUp();
    await world.reconcile();
    const before = world.writes();
    world.client.failNth('get', 2, apiError(undefined));
    let error: unknown;
    await world.reconcile().catch((thrown: unknown) => {
      error = thrown;
    });
    expect(error).to.have.property('code', 'ApiServerUnavailable');
    expect(world.writes()).to.equal(before);
    expect(world.told).to.have.lengthOf(1);
  });

  it('forgets a cluster that is gone or going', async () => {
    const world = setUp();
    await world.reconcile();
    const known = world.stored();
    world.client.put({
      ...known,
      metadata: { ...known.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' },
    });
    expect(await world.reconcile()).to.deep.equal({ kind: 'Done' });
    expect(world.directory.get(KEY)).to.equal(undefined);
    expect(world.told).to.have.lengthOf(2);
    world.client.remove('PveCluster', KEY);
    expect(await world.reconcile()).to.deep.equal({ kind: 'Done' });
    expect(world.told).to.have.lengthOf(2);
  });

  it('uses the older of two that are the same cluster, until that one is going', async () => {
    const world = setUp();
    const older = storedCluster({});
    const metadata = {
      ...older.metadata,
      name: 'older',
      uid: 'uid-older',
      creationTimestamp: '2025-01-01T00:00:00Z',
    };
    world.client.put({ ...older, metadata });
    await world.reconcile('default/older');
    await world.reconcile();
    expect(world.condition('Ready', 'default/older')).to.equal('True Succeeded');
    expect(world.condition('Ready')).to.equal('False DuplicateCluster');
    expect(kstatus(world.stored())).to.equal('Failed');
    expect(world.told.at(-1)).to.deep.include({ kind: 'NotReady', reason: 'DuplicateCluster' });
    // The older one stays the one that is used, whoever is looked at first.
    await world.reconcile('default/older');
    expect(world.condition('Ready', 'default/older')).to.equal('True Succeeded');
    const known = world.stored('default/older');
    world.client.put({
      ...known,
      metadata: { ...known.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' },
    });
    await world.reconcile();
    expect(world.condition('Ready')).to.equal('True Succeeded');
  });
});
