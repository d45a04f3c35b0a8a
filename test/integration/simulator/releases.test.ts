import { expect } from 'chai';

import type { Release } from '../../../src/simulator/profile.ts';
import type { Simulator } from '../../../src/simulator/simulator.ts';
import { FIXTURE_TOKEN, fixtureScenario } from '../../support/simulator/fixture-scenario.ts';
import { keyShape } from '../../support/simulator/key-shape.ts';
import { pveGet, pveRequest } from '../../support/simulator/pve-request.ts';
import { runningSimulators } from '../../support/simulator/running-simulators.ts';

/** What a path's answer has on some releases and on others not (docs/proxmox-api.md §9). */
const DIFFERENCES: readonly {
  readonly path: string;
  readonly has: RegExp;
  readonly on: readonly Release[];
}[] = [
  { path: '/cluster/resources', has: /^\[qemu\]\.memhost:/, on: ['9.1', '9.2'] },
  { path: '/cluster/resources', has: /^\[network\]/, on: ['9.1', '9.2'] },
  { path: '/cluster/resources', has: /^\[sdn\]/, on: ['8.4'] },
  { path: '/cluster/resources?type=node', has: /^\[node\]\.hastate:/, on: ['8.4', '9.1', '9.2'] },
  { path: '/nodes/pve1/qemu', has: /memhost|pressure/, on: ['9.1', '9.2'] },
  { path: '/nodes/pve1/lxc', has: /pressurecpusome: string/, on: ['9.1', '9.2'] },
  { path: '/nodes/pve1/lxc', has: /vmid: number/, on: ['8.4', '9.1', '9.2'] },
  { path: '/nodes/pve1/qemu/100/status/current', has: /memhost|pressure/, on: ['9.1', '9.2'] },
  { path: '/nodes/pve1/qemu/100/config', has: /^\.memory: string/, on: ['8.4', '9.1', '9.2'] },
  { path: '/nodes/pve1/qemu/102/migrate', has: /has-dbus-vmstate/, on: ['9.1', '9.2'] },
  { path: '/nodes/pve1/qemu/102/migrate', has: /allowed_nodes\[\]/, on: ['8.4', '9.1', '9.2'] },
  { path: '/nodes/pve1/qemu/100/migrate', has: /blocking-ha-resources/, on: ['9.1', '9.2'] },
  { path: '/nodes/pve1/qemu/100/rrddata?timeframe=hour', has: /memhost|pressure/, on: ['9.1', '9.2'] },
  { path: '/nodes/pve1/rrddata?timeframe=hour', has: /memavailable|pressure/, on: ['9.1', '9.2'] },
  { path: '/nodes/pve1/status', has: /^\.memory\.available/, on: ['9.1', '9.2'] },
  { path: '/nodes/pve1/status', has: /^\.cpuinfo\.vendor/, on: ['9.2'] },
  { path: '/nodes/pve1/status', has: /pressure/, on: [] },
  { path: '/cluster/ha/resources', has: /failback/, on: ['9.1', '9.2'] },
  { path: '/cluster/ha/resources', has: /auto-rebalance/, on: ['9.2'] },
  { path: '/cluster/ha/resources', has: /group/, on: ['8.4'] },
  { path: '/cluster/ha/status/current', has: /^\[service\]\.group/, on: ['8.4'] },
  { path: '/cluster/ha/status/current', has: /^\[service\]\.failback/, on: ['9.1', '9.2'] },
  { path: '/cluster/ha/status/current', has: /^\[fencing\]/, on: ['9.2'] },
];

/** What is not there at all on some. */
const PRESENT: readonly { readonly path: string; readonly status: Readonly<Record<Release, number>> }[] = [
  { path: '/cluster/ha/rules', status: { '8.4': 501, '9.1': 200, '9.2': 200 } },
  { path: '/cluster/ha/groups', status: { '8.4': 200, '9.1': 500, '9.2': 500 } },
  { path: '/nodes/pve1/lxc/201/migrate', status: { '8.4': 501, '9.1': 200, '9.2': 200 } },
  { path: '/nodes/pve1/capabilities/qemu/migration', status: { '8.4': 501, '9.1': 200, '9.2': 200 } },
  { path: '/cluster/metrics/export', status: { '8.4': 200, '9.1': 200, '9.2': 200 } },
];

describe('the releases that are simulated', () => {
  const running = runningSimulators();

  const start = (release: Release, changes: object = {}): Promise<Simulator> =>
    running.start({ ...fixtureScenario(release), ...changes });

  for (const release of ['8.4', '9.1', '9.2'] as const) {
    it(`differ where PVE ${release} does`, async () => {
      const simulator = await start(release);
      for (const { path, has, on } of DIFFERENCES) {
        const shape = [...keyShape(await pveGet(simulator, path, FIXTURE_TOKEN))];
        expect([path, String(has), shape.some((each) => has.test(each))]).to.deep.equal([
          path,
          String(has),
          on.includes(release),
        ]);
      }
      for (const { path, status } of PRESENT) {
        const answer = await pveRequest(simulator, path, { token: FIXTURE_TOKEN });
        expect([path, answer.status]).to.deep.equal([path, status[release]]);
      }
      expect(await pveGet(simulator, '/version')).to.include({ release });
    });
  }

  it('answer each for itself in a cluster that is being upgraded', async () => {
    const nodes = fixtureScenario('8.4').nodes.map((node) =>
      node.name === 'pve2' ? { ...node, version: '9.1' } : node,
    );
    const simulator = await start('8.4', { nodes, listen: 'perNode' });
    const atNew = { ...simulator, url: simulator.urls.pve2 ?? '' };
    expect((await pveRequest(simulator, '/nodes/pve2/lxc/200/migrate')).status).to.equal(501);
    expect((await pveRequest(atNew, '/nodes/pve2/lxc/200/migrate')).status).to.equal(200);
    expect((await pveRequest(atNew, '/nodes/pve1/lxc/201/migrate')).status).to.equal(501);
    expect((await pveRequest(simulator, '/cluster/ha/rules')).status).to.equal(501);
    const [rule] = await pveGet(atNew, '/cluster/ha/rules');
    expect(rule).to.include({ rule: 'ha-group-prefer-1', type: 'node-affinity', nodes: 'pve1:2,pve2:1' });
    expect(await pveGet(atNew, '/cluster/ha/groups')).to.have.length(1);
    const measured = (await pveGet(atNew, '/cluster/resources?type=vm'))
      .filter((guest: object) => 'memhost' in guest)
      .map(({ node }: { readonly node: string }) => node);
    expect(new Set(measured)).to.deep.equal(new Set(['pve2']));
    expect((await pveGet(simulator, '/nodes/pve2/status')).pveversion).to.match(/^pve-manager\/9\.1/);
    expect((await pveGet(simulator, '/nodes/pve2/version')).release).to.equal('9.1');
  });

  it('say the same in the form of ExtJS, always with status 200', async () => {
    const simulator = await start('9.1');
    const ask = async (path: string, options: Parameters<typeof pveRequest>[2] = {}) => {
      const answer = await pveRequest(simulator, `/../extjs${path}`, options);
      return { status: answer.status, ...JSON.parse(answer.body) };
    };
    expect(await ask('/version')).to.deep.include({ status: 200, success: 1 });
    const refused = await ask('/nodes/pve1/qemu/100/migrate', { method: 'POST', form: { online: '1' } });
    expect(refused).to.deep.equal({
      status: '400',
      success: 0,
      data: null,
      message: 'Parameter verification failed.\n',
      errors: { target: 'property is missing and it is not optional' },
    });
  });

  it('keep an hour of figures of every node, and none of the time it was off', async () => {
    const simulator = await start('9.1');
    for (let minute = 0; minute < 10; minute += 1) {
      await running.clock.advance(60_000);
      simulator.cluster.nodes();
    }
    simulator.control.setNodeOffline('pve2');
    await running.clock.advance(300_000);
    const rows = await pveGet(simulator, '/nodes/pve2/rrddata?timeframe=hour');
    expect(rows).to.have.length(60);
    const known = rows.filter((row: object) => 'cpu' in row);
    expect(known.length).to.be.within(9, 11);
    expect(Object.keys(rows.at(-1))).to.deep.equal(['time']);
    expect(known[0]).to.include({ maxcpu: 16, memtotal: 128 * 1024 ** 3 });
  });

  it('export figures of all nodes that can be asked, with their time', async () => {
    const simulator = await start('9.1');
    simulator.control.setNodeOffline('pve3');
    await running.clock.advance(10_000);
    const { data } = await pveGet(simulator, '/cluster/metrics/export');
    const ids = new Set(data.map(({ id }: { readonly id: string }) => id));
    expect(ids.has('node/pve1') && ids.has('qemu/100') && ids.has('lxc/201')).to.equal(true);
    expect(ids.has('node/pve3') || ids.has('qemu/104')).to.equal(false);
    const now = Math.floor(running.clock.now() / 1000);
    for (const { timestamp } of data) expect(now - timestamp).to.be.within(0, 10);
    const later = await pveGet(simulator, `/cluster/metrics/export?start-time=${now + 1}&local-only=1`);
    expect(later.data).to.deep.equal([]);
  });
});
