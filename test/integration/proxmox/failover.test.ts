import { expect } from 'chai';
import { createVirtualClock } from '../../../src/lib/virtual-clock.ts';
import type { Credentials } from '../../../src/proxmox/credentials.ts';
import { createProxmoxCluster, type ProxmoxCluster } from '../../../src/proxmox/proxmox-cluster.ts';
import type { UserDocument } from '../../../src/simulator/scenario/document.ts';
import { type Simulator, startSimulator } from '../../../src/simulator/simulator.ts';
import {
  type ImpatientClock,
  impatientClock,
  LOGIN,
  operatorError,
  testClient,
} from '../../support/proxmox-client.ts';
import { labScenario, OPERATOR_TOKEN, START } from '../../support/simulator/scenarios.ts';

const signal = new AbortController().signal;
const VM = { vmid: 100, type: 'qemu', node: 'pve1', target: 'pve2' } as const;
const PRIVILEGES = ['VM.Audit', 'VM.Migrate', 'Sys.Audit', 'Datastore.Audit', 'Pool.Audit'];

describe('Proxmox cluster through the endpoints of several nodes, against the simulator', () => {
  const clock = createVirtualClock(START);
  const closing: (() => Promise<void>)[] = [];

  interface Opened {
    readonly simulator: Simulator;
    readonly cluster: ProxmoxCluster;
    readonly ours: ImpatientClock;
  }

  /** @param order The nodes whose endpoints are used, in the order of preference. */
  async function start(
    order: readonly string[],
    credentials: Credentials,
    users?: UserDocument[],
  ): Promise<Opened> {
    const scenario = labScenario({
      listen: 'perNode',
      migrationBandwidth: '64Mi',
      ...(users ? { users } : {}),
    });
    const simulator = await startSimulator({ scenario, clock, unauthorizedDelayMs: 0 });
    const ours = impatientClock();
    const cluster = createProxmoxCluster(
      testClient(
        order.map((node) => simulator.urls[node] ?? ''),
        { credentials, caCertificates: simulator.caCertificate, clock: ours, requestTimeoutMs: 2_000 },
      ),
    );
    closing.push(
      () => cluster.close(),
      () => simulator.stop(),
    );
    await clock.advance(60_000);
    return { simulator, cluster, ours };
  }

  const withToken = (order: readonly string[]) => start(order, { kind: 'Token', ...OPERATOR_TOKEN });

  async function migrate(cluster: ProxmoxCluster): Promise<string> {
    const answer = await cluster.startMigration(VM, signal);
    if (answer.kind !== 'Accepted') expect.fail(JSON.stringify(answer));
    return answer.upid;
  }

  async function powerOff(simulator: Simulator, node: string): Promise<void> {
    simulator.control.setNodeOffline(node);
    await simulator.settled();
  }

  function asked(simulator: Simulator, method: string, path: RegExp): readonly string[] {
    return simulator
      .requests()
      .filter((request) => request.method === method && path.test(request.path))
      .map(({ node }) => node);
  }

  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  it('follows a task through another endpoint when the one that began it dies', async () => {
    const { simulator, cluster } = await withToken(['pve3', 'pve2', 'pve1']);
    const upid = await migrate(cluster);
    await clock.advance(10_000);
    await powerOff(simulator, 'pve3');

    expect((await cluster.readTask(upid, signal)).kind).to.equal('Running');
    expect(cluster.activeEndpoint).to.equal(simulator.urls.pve2);
    expect((await cluster.listMigrateTasks(VM, signal)).tasks.map((task) => task.upid)).to.deep.equal([upid]);
    await clock.advance(300_000);
    expect(await cluster.readTask(upid, signal)).to.deep.include({ kind: 'Stopped', exitStatus: 'OK' });
    expect((await cluster.readGuest({ ...VM, node: 'pve2' }, signal)).kind).to.equal('Present');
    expect(asked(simulator, 'POST', /migrate$/)).to.deep.equal(['pve3']);
  });

  it('does not take a task for gone because the node that runs it is, and finds it again', async () => {
    const { simulator, cluster } = await withToken(['pve3', 'pve2']);
    const upid = await migrate(cluster);
    await clock.advance(10_000);
    await powerOff(simulator, 'pve1');

    for (const call of [
      () => cluster.readTask(upid, signal),
      () => cluster.listMigrateTasks(VM, signal),
      () => cluster.readGuest(VM, signal),
    ]) {
      expect((await operatorError(call())).code).to.equal('NodeUnreachable');
    }
    // That a node is dead says nothing about the endpoint that was asked for it.
    expect(cluster.activeEndpoint).to.equal(simulator.urls.pve3);
    simulator.control.setNodeOnline('pve1');
    expect(await cluster.readTask(upid, signal)).to.deep.include({
      kind: 'Stopped',
      exitStatus: 'unexpected status',
    });
    expect(await cluster.readGuest(VM, signal)).to.deep.include({ kind: 'Present' });
  });

  it('sees its migration fail when the target dies, which is an endpoint as well', async () => {
    const { simulator, cluster } = await withToken(['pve2', 'pve3']);
    const upid = await migrate(cluster);
    await clock.advance(10_000);
    await powerOff(simulator, 'pve2');
    await clock.advance(60_000);

    const task = await cluster.readTask(upid, signal);
    expect(task.kind).to.equal('Stopped');
    expect(task).not.to.have.property('exitStatus', 'OK');
    expect(await cluster.readGuest(VM, signal)).to.deep.include({ kind: 'Present', status: 'running' });
    expect(asked(simulator, 'POST', /migrate$/)).to.deep.equal(['pve2']);
  });

  it('reads the cluster with its first endpoint dead, and returns to that one', async () => {
    const { simulator, cluster, ours } = await withToken(['pve1', 'pve2', 'pve3']);
    await powerOff(simulator, 'pve1');
    await clock.advance(30_000);

    const { cluster: found, quorate } = await cluster.readInventory(signal);
    expect(quorate).to.equal(true);
    expect(found.nodes.map(({ availability }) => availability)).to.deep.equal([
      'Offline',
      'Online',
      'Online',
    ]);
    expect(cluster.activeEndpoint).to.equal(simulator.urls.pve2);
    simulator.control.setNodeOnline('pve1');
    await simulator.settled();
    ours.advance(30_000);
    await cluster.readTime(signal);
    expect(cluster.activeEndpoint).to.equal(simulator.urls.pve1);
  });

  describe('by user and password', () => {
    const byPassword = () =>
      start(['pve1', 'pve2', 'pve3'], { kind: 'Password', ...LOGIN }, [
        { name: LOGIN.username, password: LOGIN.password, acl: [{ path: '/', privileges: PRIVILEGES }] },
      ]);

    it('shows another endpoint the ticket of the first, and renews it there', async () => {
      const { simulator, cluster, ours } = await byPassword();
      const upid = await migrate(cluster);
      await powerOff(simulator, 'pve3');
      await simulator.setReachable(false, 'pve1');

      expect((await cluster.readTask(upid, signal)).kind).to.equal('Running');
      expect(asked(simulator, 'POST', /ticket$/)).to.deep.equal(['pve1']);
      ours.advance(3_700_000);
      await clock.advance(3_700_000);
      expect(await cluster.readTask(upid, signal)).to.deep.include({ kind: 'Stopped', exitStatus: 'OK' });
      expect(asked(simulator, 'POST', /ticket$/)).to.deep.equal(['pve1', 'pve2']);
      expect(simulator.requests().filter(({ status }) => status === 401)).to.deep.equal([]);
    });

    it('logs in at another endpoint when its ticket has expired and the first is dead', async () => {
      const { simulator, cluster, ours } = await byPassword();
      await cluster.readTime(signal);
      await simulator.setReachable(false, 'pve1');
      ours.advance(7_300_000);
      await clock.advance(7_300_000);

      expect((await cluster.startMigration(VM, signal)).kind).to.equal('Accepted');
      expect(asked(simulator, 'POST', /ticket$/)).to.deep.equal(['pve1', 'pve2']);
      expect(asked(simulator, 'POST', /migrate$/)).to.deep.equal(['pve2']);
    });
  });
});
