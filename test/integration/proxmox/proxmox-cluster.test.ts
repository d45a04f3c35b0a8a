import { expect } from 'chai';
import { createVirtualClock } from '../../../src/lib/virtual-clock.ts';
import { createProxmoxCluster, type ProxmoxCluster } from '../../../src/proxmox/proxmox-cluster.ts';
import type { ScenarioDocument } from '../../../src/simulator/scenario/document.ts';
import { type Simulator, startSimulator } from '../../../src/simulator/simulator.ts';
import { withHeldTimers } from '../../support/held-timers.ts';
import { operatorError, REQUEST_TIMEOUT_MS, testClient } from '../../support/proxmox-client.ts';
import { labScenario, OPERATOR_TOKEN, START, userWithToken } from '../../support/simulator/scenarios.ts';

const signal = new AbortController().signal;
const VM = { vmid: 100, type: 'qemu', node: 'pve1', target: 'pve2' } as const;
const CONTAINER = { vmid: 200, type: 'lxc', node: 'pve1', target: 'pve3' } as const;

describe('Proxmox cluster against the simulator', () => {
  const clock = createVirtualClock(START);
  const closing: (() => Promise<void>)[] = [];

  async function start(changes: Partial<ScenarioDocument> = {}): Promise<[Simulator, ProxmoxCluster]> {
    const simulator = await startSimulator({ scenario: labScenario(changes), clock, unauthorizedDelayMs: 0 });
    const cluster = connect(simulator);
    closing.push(
      () => cluster.close(),
      () => simulator.stop(),
    );
    // Statistics of the first rounds.
    await clock.advance(60_000);
    return [simulator, cluster];
  }

  function connect(simulator: Simulator, endpoints = [simulator.url]): ProxmoxCluster {
    const options = {
      credentials: { kind: 'Token', ...OPERATOR_TOKEN } as const,
      caCertificates: simulator.caCertificate,
    };
    return createProxmoxCluster(testClient(endpoints, options));
  }

  function posts(simulator: Simulator): number {
    return simulator.requests().filter((request) => request.method === 'POST').length;
  }

  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  describe('probe', () => {
    it('says who and how the cluster is', async () => {
      const [simulator, cluster] = await start();

      const found = await cluster.probe(signal);

      expect(found).to.deep.include({
        quorate: true,
        nodes: { total: 3, online: 3 },
        guests: { total: 6, running: 4 },
        missingPrivileges: [],
        proxmoxTime: clock.now(),
      });
      expect(found.identity).to.match(/^lab\/([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
      expect(cluster.activeEndpoint).to.equal(simulator.url);
    });

    it('names what the token may not do', async () => {
      const acl = [{ path: '/', privileges: ['Sys.Audit', 'VM.Audit', 'Datastore.Audit'] }];
      const [, cluster] = await start({ users: [userWithToken(OPERATOR_TOKEN, acl)] });

      expect((await cluster.probe(signal)).missingPrivileges).to.deep.equal([
        'VM.Migrate on /vms',
        'Pool.Audit on /pool',
      ]);
    });

    it('names it also when it may not even look', async () => {
      const acl = [{ path: '/vms', privileges: ['VM.Audit'] }];
      const [, cluster] = await start({ users: [userWithToken(OPERATOR_TOKEN, acl)] });

      const error = await operatorError(cluster.probe(signal));

      expect(error.code).to.equal('Forbidden');
      expect(error.message).to.contain('Sys.Audit on /').and.to.contain('VM.Migrate on /vms');
    });

    it('a revoked token is unauthorized', async () => {
      const [simulator, cluster] = await start();
      simulator.control.revokeToken(OPERATOR_TOKEN.id);

      expect((await operatorError(cluster.probe(signal))).code).to.equal('Unauthorized');
    });

    it('a host that does not listen is unreachable, and found again', async () => {
      const [simulator, cluster] = await start();
      await simulator.setReachable(false);

      expect((await operatorError(cluster.probe(signal))).code).to.equal('Unreachable');

      await simulator.setReachable(true);
      expect((await cluster.probe(signal)).quorate).to.equal(true);
    });
  });

  describe('inventory', () => {
    it('holds the whole cluster, in at most 9 + N calls', async () => {
      const [simulator, cluster] = await start();
      const before = simulator.requests().length;

      const inventory = await cluster.readInventory(signal);

      expect(simulator.requests().length - before)
        .to.equal(inventory.apiCalls)
        .and.to.be.at.most(9 + 3);
      expect(inventory.cluster.unreadable).to.deep.equal([]);
      expect(inventory.cluster.nodes.map(({ name, availability }) => [name, availability])).to.deep.equal([
        ['pve1', 'Online'],
        ['pve2', 'Online'],
        ['pve3', 'Online'],
      ]);
      expect(inventory.cluster.guests.map(({ vmid, node }) => [vmid, node]).sort()).to.deep.equal(
        simulator.cluster
          .guests()
          .map(({ vmid, node }) => [vmid, node])
          .sort(),
      );
      expect(inventory.quorate).to.equal(true);
      expect(inventory.proxmoxTime).to.equal(clock.now());
    });

    it('leaves out nodes that are off or in maintenance', async () => {
      const [simulator, cluster] = await start();
      simulator.control.setMaintenance('pve2', true);
      simulator.control.setNodeOffline('pve3');
      await clock.advance(60_000);

      const { cluster: found, quorate } = await cluster.readInventory(signal);

      expect(found.nodes.map(({ availability }) => availability)).to.deep.equal([
        'Online',
        'Maintenance',
        'Offline',
      ]);
      expect(quorate).to.equal(true);
    });

    it('sees that quorum is lost', async () => {
      const [simulator, cluster] = await start();
      simulator.control.setQuorate(false);

      expect((await cluster.readInventory(signal)).quorate).to.equal(false);
    });

    it('sees foreign migrations and where their memory goes, still within 9 + N calls', async () => {
      const [simulator, cluster] = await start({ migrationBandwidth: '16Mi' });
      const other = connect(simulator);
      closing.push(() => other.close());
      await other.startMigration(VM, signal);
      await clock.advance(15_000);

      const inventory = await cluster.readInventory(signal);

      expect(inventory.runningMigrations).to.have.lengthOf(1);
      expect(inventory.runningMigrations[0]).to.deep.include({
        vmid: 100,
        node: 'pve1',
        type: 'qemu',
        user: OPERATOR_TOKEN.id,
        target: 'pve2',
      });
      expect(inventory.cluster.incoming.map(({ node, vmid }) => [node, vmid])).to.deep.equal([['pve2', 100]]);
      expect(inventory.cluster.guests.find(({ vmid }) => vmid === 100)?.activeTask).to.equal('qmigrate');
      expect(inventory.apiCalls).to.be.at.most(9 + 3);
    });

    it('goes on without a node whose status cannot be had', async () => {
      const [simulator, cluster] = await start();
      const effect = { kind: 'answer', status: 596, reason: 'Connection timed out', body: '' } as const;
      simulator.control.addFault({ matches: { path: /^\/nodes\/pve2\/status/ }, times: 100, effect });

      const { cluster: found } = await cluster.readInventory(signal);

      expect(found.nodes.map(({ availability }) => availability)).to.deep.equal([
        'Online',
        'Unknown',
        'Online',
      ]);
    });

    it('reads past a connection that breaks', async () => {
      const [simulator, cluster] = await start();
      simulator.control.loseNextAnswer({ method: 'GET', path: /^\/cluster\/resources/ });

      expect((await cluster.readInventory(signal)).cluster.guests).to.have.lengthOf(6);
    });

    it('gives nothing when a cluster-wide read fails', async () => {
      const [simulator, cluster] = await start();
      const body = '<html>maintenance page</html>';
      const effect = { kind: 'answer', status: 200, reason: 'OK', contentType: 'text/html', body } as const;
      simulator.control.addFault({ matches: { path: /^\/cluster\/ha\/resources/ }, effect });

      expect((await operatorError(cluster.readInventory(signal))).code).to.equal('UnexpectedAnswer');
    });
  });

  describe('migration', () => {
    for (const migration of [VM, CONTAINER]) {
      it(`moves a guest of type ${migration.type} and tells how it ends`, async () => {
        const [simulator, cluster] = await start();

        expect(await cluster.readGuest(migration, signal)).to.deep.include({
          kind: 'Present',
          status: 'running',
        });
        expect(await cluster.examineGuest(migration, signal)).to.deep.include({
          kind: 'Examined',
          refusals: [],
          dependents: undefined,
          devices: [],
        });
        const answer = await cluster.startMigration(migration, signal);
        if (answer.kind !== 'Accepted') expect.fail(JSON.stringify(answer));
        expect(answer.proxmoxTime).to.equal(clock.now());

        await clock.advance(2_000);
        expect((await cluster.readTask(answer.upid, signal)).kind).to.equal('Running');
        expect(await cluster.taskTargets(answer.upid, migration.target, signal)).to.equal(true);
        expect((await cluster.listMigrateTasks(migration, signal)).tasks).to.deep.include({
          upid: answer.upid,
          vmid: migration.vmid,
          node: 'pve1',
          user: OPERATOR_TOKEN.id,
          startTime: clock.now() - 2_000,
          running: true,
        });

        await clock.advance(120_000);
        expect(await cluster.readTask(answer.upid, signal)).to.deep.include({
          kind: 'Stopped',
          exitStatus: 'OK',
        });
        expect(simulator.cluster.nodeOf(migration.vmid)).to.equal(migration.target);
        expect((await cluster.readGuest(migration, signal)).kind).to.equal('Absent');
        expect(await cluster.readGuest({ ...migration, node: migration.target }, signal)).to.deep.include({
          kind: 'Present',
          status: 'running',
          lock: undefined,
        });
        expect(posts(simulator)).to.equal(1);
      });
    }

    it('tells how far a VM is', async () => {
      const [, cluster] = await start({ migrationBandwidth: '64Mi' });
      const answer = await cluster.startMigration(VM, signal);
      if (answer.kind !== 'Accepted') expect.fail(JSON.stringify(answer));
      await clock.advance(40_000);

      const task = await cluster.readTask(answer.upid, signal);

      if (task.kind !== 'Running') expect.fail(JSON.stringify(task));
      expect(task.progressPercent).to.be.greaterThan(5).and.lessThan(100);
    });

    it('that fails tells why', async () => {
      const [simulator, cluster] = await start();
      simulator.control.failNextMigration(100, 'migration aborted', 'the target ran away');
      const answer = await cluster.startMigration(VM, signal);
      if (answer.kind !== 'Accepted') expect.fail(JSON.stringify(answer));
      await clock.advance(60_000);

      const task = await cluster.readTask(answer.upid, signal);

      expect(task).to.deep.include({ kind: 'Stopped', exitStatus: 'migration aborted' });
      expect(task).to.have.property('errorText').that.contains('the target ran away');
    });

    it('of a locked guest is refused in PVE’s words, before and at the POST', async () => {
      const [simulator, cluster] = await start();
      simulator.control.lockGuest(100, 'backup');

      expect(await cluster.examineGuest(VM, signal)).to.deep.equal({
        kind: 'Refused',
        detail: 'VM is locked (backup)',
      });
      const answer = await cluster.startMigration(VM, signal);

      expect(answer.kind).to.equal('Refused');
      expect(answer).to.have.property('message').that.contains('VM is locked (backup)');
      expect(simulator.cluster.tasks()).to.deep.equal([]);
    });

    it('whose answer is lost is unknown, sent once, and found again', async () => {
      const [simulator, cluster] = await start();
      simulator.control.loseNextAnswer({ method: 'POST', path: /migrate$/ });

      const answer = await cluster.startMigration(VM, signal);

      expect(answer.kind).to.equal('Unknown');
      expect(posts(simulator)).to.equal(1);
      const { tasks } = await cluster.listMigrateTasks(VM, signal);
      expect(tasks).to.have.lengthOf(1);
      await clock.advance(2_000);
      expect(await cluster.taskTargets(tasks[0]?.upid ?? '', 'pve2', signal)).to.equal(true);
    });

    it('that never arrived is unknown as well, and leaves no task', async () => {
      const [simulator, cluster] = await start();
      simulator.control.loseNextAnswer({ method: 'POST', path: /migrate$/ }, { afterActing: false });

      expect((await cluster.startMigration(VM, signal)).kind).to.equal('Unknown');
      expect(posts(simulator)).to.equal(1);
      expect((await cluster.listMigrateTasks(VM, signal)).tasks).to.deep.equal([]);
    });

    it('that is never answered is unknown, sent once', () =>
      withHeldTimers(async (pass) => {
        const [simulator] = await start();
        const cluster = connect(simulator);
        closing.push(() => cluster.close());
        simulator.control.hangNextAnswer({ method: 'POST', path: /migrate$/ });

        const outcome = cluster.startMigration(VM, signal);
        while (simulator.cluster.tasks().length === 0) await new Promise((resolve) => setImmediate(resolve));
        pass(REQUEST_TIMEOUT_MS);

        expect((await outcome).kind).to.equal('Unknown');
        expect(posts(simulator)).to.equal(1);
        expect(simulator.cluster.tasks()).to.have.lengthOf(1);
      }));

    it('goes through the endpoint that can be reached', async () => {
      const [simulator] = await start();
      const cluster = connect(simulator, ['https://127.0.0.1:1', simulator.url]);
      closing.push(() => cluster.close());

      expect((await cluster.startMigration(VM, signal)).kind).to.equal('Accepted');
      expect(posts(simulator)).to.equal(1);
    });
  });

  it('a task whose log is gone is pruned', async () => {
    const [, cluster] = await start();
    const upid = 'UPID:pve1:000956CC:0AD0BE16:6921A596:qmigrate:100:balancer@pve!operator:';

    expect(await cluster.readTask(upid, signal)).to.deep.equal({ kind: 'Pruned', proxmoxTime: clock.now() });
    expect(await cluster.taskTargets(upid, 'pve2', signal)).to.equal(undefined);
  });
});
