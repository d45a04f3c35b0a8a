import { Agent } from 'node:https';
import { expect } from 'chai';

import { createVirtualClock, type VirtualClock } from '../../../src/lib/virtual-clock.ts';
import type { ClusterIdentity } from '../../../src/simulator/certificates/certificates.ts';
import { PROFILES } from '../../../src/simulator/profile.ts';
import type { ScenarioDocument } from '../../../src/simulator/scenario/document.ts';
import { type Simulator, startSimulator } from '../../../src/simulator/simulator.ts';
import {
  type Answered,
  askEverything,
  everythingScenario,
  problemsOf,
  STRANGER,
} from '../../support/simulator/everything.ts';
import { pveGet, pvePost, pveRequest } from '../../support/simulator/pve-request.ts';
import { OPERATOR_TOKEN, ROOT_TOKEN, type Token } from '../../support/simulator/scenarios.ts';
import { wireShapeErrors } from '../../support/simulator/wire-shapes.ts';

for (const { release } of PROFILES) {
  describe(`the simulator on the wire of PVE ${release}`, () => {
    let clock: VirtualClock;
    let simulator: Simulator;
    let agent: Agent;
    let identity: ClusterIdentity | undefined;

    async function start(changes: Partial<ScenarioDocument> = {}): Promise<void> {
      clock = createVirtualClock();
      const known = identity === undefined ? {} : { identity };
      simulator = await startSimulator({ scenario: everythingScenario(release, changes), clock, ...known });
      identity = simulator.identity;
      agent = new Agent({ keepAlive: true, maxSockets: 1 });
    }

    afterEach(async () => {
      agent.destroy();
      await simulator.stop();
    });

    async function expectValid(token?: Token): Promise<Answered[]> {
      const answers = await askEverything(simulator, agent, token);
      expect(problemsOf(answers)).to.deep.equal([]);
      return answers;
    }

    async function post(path: string, form: Readonly<Record<string, string>>): Promise<string> {
      const answer = await pveRequest(simulator, path, { method: 'POST', form, token: ROOT_TOKEN });
      expect([path, answer.status]).to.deep.equal([path, 200]);
      const endpoint = path
        .replace(/pve\d/, '{node}')
        .replace(/\/\d+\//, '/{vmid}/')
        .replace(/(vm|ct):\d+/, '{sid}');
      expect(wireShapeErrors(`POST ${endpoint}`, answer.body)).to.deep.equal([]);
      return JSON.parse(answer.body).data;
    }

    it('answers every endpoint as PVE does, at rest', async () => {
      await start();
      const answers = await expectValid();
      const refused = answers
        .filter(({ status }) => status !== 200)
        .map(({ path, status }) => `${status} ${path}`);
      const locked = ['500 /nodes/pve3/qemu/105/migrate', '500 /nodes/pve3/qemu/105/migrate?target=pve2'];
      const old = answers
        .filter(({ path }) => /\/lxc\/\d+\/migrate|\/ha\/rules|\/capabilities\//.test(path))
        .map(({ path }) => `501 ${path}`);
      const expected =
        release === '8.4'
          ? [...locked, ...old]
          : [
              ...locked,
              '500 /cluster/ha/rules/ha-group-prefer-2',
              '500 /cluster/ha/groups',
              '500 /cluster/ha/groups/prefer-2',
            ];
      expect(refused).to.have.members(expected);
    });

    it('while guests migrate, by HA and without, and when they have', async () => {
      await start();
      await post('/nodes/pve1/qemu/100/migrate', { target: 'pve2', online: '1' });
      await post('/nodes/pve1/lxc/200/migrate', { target: 'pve3', restart: '1' });
      await post('/nodes/pve3/lxc/202/migrate', { target: 'pve2', restart: '1' });
      await post('/cluster/ha/resources/vm:106/migrate', { node: 'pve3' });
      await post('/cluster/ha/resources/108/relocate'.replace('108', 'vm:108'), { node: 'pve3' });
      simulator.control.failNextMigration(101, 'migration aborted');
      await post('/nodes/pve1/qemu/101/migrate', { target: 'pve2', online: '1' });
      simulator.control.backup(103, 20_000);
      for (const seconds of [0, 4, 8, 20, 30, 120]) {
        await clock.advance(seconds * 1000);
        await expectValid();
      }
      expect(simulator.cluster.violations()).to.deep.equal([]);
      expect(
        simulator.cluster.tasks().map(({ type, exitStatus }) => `${type} ${exitStatus}`),
      ).to.include.members([
        'qmigrate OK',
        'vzmigrate OK',
        'hamigrate OK',
        'qmigrate migration aborted',
        'vzdump OK',
      ]);
    });

    it('when a running task is ended', async () => {
      await start();
      const upid = await post('/nodes/pve1/lxc/200/migrate', { target: 'pve3', restart: '1' });
      await clock.advance(500);
      const answer = await pveRequest(simulator, `/nodes/pve1/tasks/${encodeURIComponent(upid)}`, {
        method: 'DELETE',
        token: ROOT_TOKEN,
      });
      expect(wireShapeErrors('DELETE /nodes/{node}/tasks/{upid}', answer.body)).to.deep.equal([]);
      await expectValid();
    });

    it('with a node off, fenced and after its statistics expired, and on again', async () => {
      await start();
      simulator.control.setNodeOffline('pve3');
      for (const seconds of [0, 20, 60, 60, 400]) {
        await clock.advance(seconds * 1000);
        const answers = await expectValid();
        expect(answers.filter(({ status }) => status === 595)).not.to.have.length(0);
      }
      simulator.control.setNodeOnline('pve3');
      await clock.advance(20_000);
      await expectValid();
    });

    it('with a node in maintenance, with HA disarmed, and without quorum', async () => {
      await start();
      simulator.control.setMaintenance('pve2', true);
      await expectValid();
      await clock.advance(60_000);
      await expectValid();
      simulator.control.disarmHa('freeze');
      await clock.advance(10_000);
      await expectValid();
      simulator.control.setHaState(106, 'error');
      await expectValid();
      simulator.control.setQuorate(false);
      await expectValid();
    });

    it('in a cluster that is being upgraded', async () => {
      const other = release === '8.4' ? '9.1' : '8.4';
      const { nodes } = everythingScenario(release);
      await start({
        nodes: nodes.map((node) => (node.name === 'pve2' ? { ...node, version: other } : node)),
      });
      await expectValid();
      expect((await pveGet(simulator, '/nodes/pve2/version')).release).to.equal(other);
    });

    it('for somebody without any privilege', async () => {
      await start();
      const answers = await expectValid(STRANGER);
      const statuses = new Set(answers.map(({ status }) => status));
      expect([...statuses].sort()).to.deep.equal(release === '8.4' ? [200, 403, 501] : [200, 403]);
      const empty = [
        '/cluster/tasks',
        '/storage',
        '/pools',
        '/nodes/pve1/qemu',
        '/cluster/resources?type=vm',
      ];
      for (const path of empty) {
        const answer = answers.find((each) => each.path === path);
        expect([path, JSON.parse(answer?.body ?? '').data]).to.deep.equal([path, []]);
      }
      expect(await pveGet(simulator, '/access/permissions', STRANGER)).to.deep.equal({});
      const options = await pveGet(simulator, '/cluster/options', STRANGER);
      expect(Object.keys(options)).to.have.members(['allowed-tags', 'tag-style']);
    });

    it('logs in with and without second factor', async () => {
      await start({
        users: [
          ...everythingScenario(release).users,
          { name: 'a@pve', password: 'x', acl: [{ path: '/', privileges: ['Sys.Audit', 'VM.Audit'] }] },
          { name: 'b@pve', password: 'x', totp: '123456' },
        ],
      });
      for (const username of ['a@pve', 'b@pve']) {
        const answer = await pveRequest(simulator, '/access/ticket', {
          method: 'POST',
          form: { username, password: 'x' },
          token: undefined,
        });
        expect(answer.status).to.equal(200);
        expect(wireShapeErrors('POST /access/ticket', answer.body)).to.deep.equal([]);
      }
    });

    it('tells the operator’s token no less than root', async () => {
      await start();
      await pvePost(simulator, '/nodes/pve1/qemu/100/migrate', { target: 'pve2', online: '1' });
      await expectValid(OPERATOR_TOKEN);
    });
  });
}
