import { Agent } from 'node:https';
import { expect } from 'chai';

import { createVirtualClock, type VirtualClock } from '../../../src/lib/virtual-clock.ts';
import type { ClusterIdentity } from '../../../src/simulator/certificates/certificates.ts';
import { routes } from '../../../src/simulator/endpoints/routes.ts';
import type { GuestDocument } from '../../../src/simulator/scenario/document.ts';
import { type Simulator, startSimulator } from '../../../src/simulator/simulator.ts';
import { fixtureData } from '../../support/proxmox-fixture.ts';
import { pveGet, pvePost, pveRequest } from '../../support/simulator/pve-request.ts';
import { labScenario, type Token, userWithToken } from '../../support/simulator/scenarios.ts';
import { wireShapeErrors } from '../../support/simulator/wire-shapes.ts';

const STRANGER: Token = { id: 'guest@pve!none', secret: '99999999-2222-3333-4444-555555555555' };

function scenario() {
  const lab = labScenario();
  const more: readonly GuestDocument[] = [
    { vmid: 104, type: 'qemu', node: 'pve3', cpus: 2, memory: '4Gi', status: 'paused' },
    { vmid: 900, type: 'qemu', node: 'pve1', cpus: 2, memory: '2Gi', template: true },
    {
      vmid: 105,
      type: 'qemu',
      node: 'pve3',
      cpus: 2,
      memory: '4Gi',
      lock: 'backup',
      disks: [{ storage: 'local', size: '8Gi' }],
    },
    { vmid: 202, type: 'lxc', node: 'pve3', cpus: 2, memory: '1Gi', haState: 'started', tags: ['infra'] },
    { vmid: 106, type: 'qemu', node: 'pve2', cpus: 2, memory: '4Gi', haState: 'started' },
  ];
  return labScenario({
    users: [...lab.users, userWithToken(STRANGER, [])],
    guests: [...(lab.guests ?? []), ...more],
    storages: [
      { name: 'local', type: 'dir', content: 'iso,vztmpl,backup' },
      { name: 'ceph-vm', type: 'rbd', content: 'images,rootdir', shared: true },
      { name: 'nfs-iso', type: 'nfs', content: 'iso', shared: true, nodes: ['pve1', 'pve2'] },
    ],
    migrationBandwidth: '256Mi',
  });
}

interface Answered {
  readonly endpoint: string;
  readonly path: string;
  readonly status: number;
  readonly body: string;
}

/** Asks every GET endpoint for every node, guest and task there is. */
async function askEverything(simulator: Simulator, agent: Agent, token?: Token): Promise<Answered[]> {
  const answers: Answered[] = [];
  for (const route of routes.filter(({ method }) => method === 'GET')) {
    const queries =
      route.path === '/cluster/resources' ? ['', '?type=vm', '?type=node', '?type=storage'] : [''];
    if (route.path === '/nodes/{node}/tasks') queries.push('?source=active', '?source=all', '?vmid=100');
    if (route.path === '/nodes/{node}/qemu') queries.push('?full=1');
    if (route.path === '/pools') queries.push('?poolid=prod');
    for (const path of pathsOf(simulator, route.path)) {
      for (const query of queries) {
        const answer = await pveRequest(simulator, `${path}${query}`, { agent, ...(token ? { token } : {}) });
        answers.push({
          endpoint: `GET ${route.path}`,
          path: `${path}${query}`,
          status: answer.status,
          body: answer.body,
        });
      }
    }
  }
  return answers;
}

function pathsOf(simulator: Simulator, path: string): string[] {
  const type = path.includes('/qemu/') ? 'qemu' : 'lxc';
  const tasks = simulator.cluster.tasks();
  if (path.includes('{upid}')) {
    return tasks.map(({ node, upid }) =>
      path.replace('{node}', node).replace('{upid}', encodeURIComponent(upid)),
    );
  }
  if (path.includes('{vmid}')) {
    const guests = simulator.cluster.guests().filter((guest) => guest.type === type);
    return guests.map(({ node, vmid }) => path.replace('{node}', node).replace('{vmid}', String(vmid)));
  }
  return path.includes('{node}')
    ? ['pve1', 'pve2', 'pve3'].map((node) => path.replace('{node}', node))
    : [path];
}

function problemsOf(answers: readonly Answered[]): string[] {
  return answers.flatMap(({ endpoint, path, status, body }) => {
    if (status === 595) return body === '' ? [] : [`${path}: a 595 has no body`];
    const shape = status === 200 ? endpoint : 'error';
    return wireShapeErrors(shape, body).map((problem) => `${path} ${status}: ${problem}`);
  });
}

describe('the simulator on the wire', function () {
  this.timeout(60_000);
  let clock: VirtualClock;
  let simulator: Simulator;
  let agent: Agent;
  let identity: ClusterIdentity | undefined;

  beforeEach(async () => {
    clock = createVirtualClock();
    const known = identity === undefined ? {} : { identity };
    simulator = await startSimulator({ scenario: scenario(), clock, ...known });
    identity = simulator.identity;
    agent = new Agent({ keepAlive: true, maxSockets: 1 });
  });

  afterEach(async () => {
    agent.destroy();
    await simulator.stop();
  });

  async function expectValid(token?: Token): Promise<Answered[]> {
    const answers = await askEverything(simulator, agent, token);
    expect(problemsOf(answers)).to.deep.equal([]);
    return answers;
  }

  it('answers every endpoint as PVE does, at rest', async () => {
    const answers = await expectValid();
    const refused = answers.filter(({ status }) => status !== 200).map(({ path, status }) => [path, status]);
    expect(refused).to.deep.equal([['/nodes/pve3/qemu/105/migrate', 500]]);
  });

  it('while guests migrate, and when they have', async () => {
    await pvePost(simulator, '/nodes/pve1/qemu/100/migrate', { target: 'pve2', online: '1' });
    await pvePost(simulator, '/nodes/pve1/lxc/200/migrate', { target: 'pve3', restart: '1' });
    await pvePost(simulator, '/nodes/pve2/qemu/106/migrate', { target: 'pve3', online: '1' });
    simulator.control.failNextMigration(101, 'migration aborted');
    await pvePost(simulator, '/nodes/pve1/qemu/101/migrate', { target: 'pve2', online: '1' });
    for (const seconds of [0, 4, 4, 20, 30, 120]) {
      await clock.advance(seconds * 1000);
      await expectValid();
    }
    expect(simulator.cluster.tasks().map(({ type, exitStatus }) => [type, exitStatus])).to.deep.equal([
      ['qmigrate', 'OK'],
      ['vzmigrate', 'OK'],
      ['hamigrate', 'OK'],
      ['qmigrate', 'migration aborted'],
      ['qmigrate', 'OK'],
    ]);
  });

  it('with a node off, at once and after its statistics expired, and on again', async () => {
    simulator.control.setNodeOffline('pve3');
    for (const seconds of [0, 20, 400]) {
      await clock.advance(seconds * 1000);
      const answers = await expectValid();
      expect(answers.filter(({ status }) => status === 595)).not.to.have.length(0);
    }
    simulator.control.setNodeOnline('pve3');
    await clock.advance(20_000);
    await expectValid();
  });

  it('with a node in maintenance, and without quorum', async () => {
    simulator.control.setMaintenance('pve2', true);
    await expectValid();
    simulator.control.setQuorate(false);
    await expectValid();
  });

  it('for somebody without any privilege', async () => {
    const answers = await expectValid(STRANGER);
    const statuses = new Set(answers.map(({ status }) => status));
    expect([...statuses].sort()).to.deep.equal([200, 403]);
    const empty = ['/cluster/tasks', '/storage', '/pools', '/nodes/pve1/qemu', '/cluster/resources?type=vm'];
    for (const path of empty) {
      const answer = answers.find((each) => each.path === path);
      expect([path, JSON.parse(answer?.body ?? '').data]).to.deep.equal([path, []]);
    }
    expect(await pveGet(simulator, '/access/permissions', STRANGER)).to.deep.equal({});
    expect(Object.keys(await pveGet(simulator, '/cluster/options', STRANGER))).to.deep.equal([
      'allowed-tags',
    ]);
    const nodes = await pveGet(simulator, '/nodes', STRANGER);
    expect(nodes).to.have.length(3);
    for (const node of nodes) {
      expect(Object.keys(node)).to.have.members(
        Object.keys(fixtureData('9.1/GET_nodes_without_Sys.Audit')[0]),
      );
    }
  });

  /** Fields that depend on how a guest or cluster is set up, which scenarios do not say. */
  const NOT_SIMULATED = ['balloon_min', 'shares', 'serial'];

  function keysOf(entries: readonly object[]): string[] {
    const keys = new Set(entries.flatMap((entry) => Object.keys(entry)));
    return [...keys].filter((key) => !NOT_SIMULATED.includes(key)).sort();
  }

  const COMPARED: readonly (readonly [string, string])[] = [
    ['/version', '9.1/GET_version'],
    ['/cluster/status', '9.1/GET_cluster_status'],
    ['/cluster/resources?type=node', '9.1/GET_cluster_resources_type_node'],
    ['/cluster/resources?type=storage', '9.1/GET_cluster_resources_type_storage'],
    ['/nodes', '9.1/GET_nodes'],
    ['/nodes/pve1/status', '9.1/GET_nodes_pve1_status'],
    ['/nodes/pve1/lxc', '9.1/GET_nodes_pve1_lxc'],
    ['/nodes/pve1/qemu', '9.1/GET_nodes_pve1_qemu'],
    ['/nodes/pve1/qemu/100/status/current', '9.1/GET_nodes_pve1_qemu_100_status_current'],
    ['/nodes/pve1/qemu/100/migrate', '9.1/GET_nodes_pve1_qemu_102_migrate'],
    ['/nodes/pve1/lxc/200/migrate', '9.1/GET_nodes_pve1_lxc_201_migrate'],
    ['/cluster/ha/status/manager_status', '9.1/GET_cluster_ha_status_manager_status'],
    ['/nodes/pve1/storage', '9.1/GET_nodes_{node}_storage'],
  ];
  for (const [path, fixture] of COMPARED) {
    it(`leaves out of ${path} nothing that PVE sends`, async () => {
      const served = [await pveGet(simulator, path)].flat();
      const example = [fixtureData(fixture)].flat();
      // Tags, locks and so on are there only where somebody set them.
      const optional = ['tags', 'lock', 'template', 'pool', 'hastate'];
      const expected = keysOf(example).filter((key) => !optional.includes(key));
      expect(keysOf(served)).to.include.members(expected);
    });
  }

  it('leaves no kind of entry and no figure of a guest out of the resources', async () => {
    const served = await pveGet(simulator, '/cluster/resources');
    const example = fixtureData('9.1/GET_cluster_resources');
    for (const type of ['qemu', 'lxc', 'node', 'storage', 'pool']) {
      const of = (entries: readonly { readonly type: string }[]) =>
        entries.filter((entry) => entry.type === type);
      expect(keysOf(of(served)), type).to.include.members(
        keysOf(of(example)).filter((key) => key !== 'pool' || type !== 'lxc'),
      );
    }
  });
});
