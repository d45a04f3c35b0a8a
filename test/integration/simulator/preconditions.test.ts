import { expect } from 'chai';

import type { Release } from '../../../src/simulator/profile.ts';
import type { Simulator } from '../../../src/simulator/simulator.ts';
import { fixtureData } from '../../support/proxmox-fixture.ts';
import { fixtureScenario } from '../../support/simulator/fixture-scenario.ts';
import { pveGet, pvePost, pveRequest } from '../../support/simulator/pve-request.ts';
import { runningSimulators } from '../../support/simulator/running-simulators.ts';

describe('preconditions of a migration, as the simulator tells them', () => {
  const running = runningSimulators();

  function start(release: Release = '9.1', more: object = {}): Promise<Simulator> {
    return running.start({ ...fixtureScenario(release), ...more });
  }

  /** Lists come in random order. */
  function sorted(value: unknown): unknown {
    if (Array.isArray(value)) {
      return value.map(sorted).sort((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1));
    }
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .sort()
        .map(([key, inner]) => [key, sorted(inner)]),
    );
  }

  const EQUAL: readonly (readonly [Release, string, string])[] = [
    ['9.1', '/nodes/pve1/qemu/102/migrate', 'GET_nodes_pve1_qemu_102_migrate'],
    ['9.1', '/nodes/pve1/qemu/100/migrate', 'GET_nodes_pve1_qemu_100_migrate_ha'],
    ['9.1', '/nodes/pve2/qemu/110/migrate', 'GET_nodes_pve2_qemu_110_migrate_storage'],
    ['9.1', '/nodes/pve3/qemu/104/migrate', 'GET_nodes_pve3_qemu_104_migrate_local'],
    ['9.1', '/nodes/pve1/lxc/201/migrate', 'GET_nodes_pve1_lxc_201_migrate'],
    ['9.1', '/nodes/pve2/lxc/200/migrate', 'GET_nodes_pve2_lxc_200_migrate_ha'],
    ['8.4', '/nodes/pve1/qemu/101/migrate', 'GET_nodes_pve1_qemu_101_migrate'],
  ];
  for (const [release, path, fixture] of EQUAL) {
    it(`are those of the example ${release}/${fixture}`, async () => {
      const simulator = await start(release);
      expect(sorted(await pveGet(simulator, path))).to.deep.equal(
        sorted(fixtureData(`${release}/${fixture}`)),
      );
    });
  }

  it('name the positive partners that go along, and what node affinity forbids from 9.2 on', async () => {
    const ha = {
      rules: [
        { name: 't', type: 'resource-affinity', affinity: 'positive', resources: ['vm:100', 'vm:101'] },
        { name: 'n', type: 'node-affinity', resources: ['vm:101'], nodes: ['pve1', 'pve3'], strict: true },
      ],
    } as const;
    const path = '/nodes/pve1/qemu/100/migrate';
    const now = await pveGet(await start('9.1', { ha }), path);
    expect(now['dependent-ha-resources']).to.deep.equal(['vm:101']);
    expect(now.not_allowed_nodes).to.deep.equal({ pve2: {}, pve3: {} });
    const later = await pveGet(await start('9.2', { ha }), path);
    expect(later.not_allowed_nodes).to.deep.equal({
      pve2: { 'blocking-ha-resources': [{ sid: 'vm:101', cause: 'node-affinity' }] },
      pve3: {},
    });
  });

  it('say nothing of HA for guests that it ignores', async () => {
    const simulator = await start();
    simulator.control.disarmHa('ignore');
    const answer = await pveGet(simulator, '/nodes/pve1/qemu/100/migrate');
    expect(answer).not.to.have.property('dependent-ha-resources');
    expect(answer.allowed_nodes).to.have.members(['pve2', 'pve3']);
  });

  it('name nodes that are off as well, and disabled storages', async () => {
    const simulator = await start('9.1', {
      guests: [
        {
          vmid: 100,
          type: 'qemu',
          node: 'pve1',
          cpus: 1,
          memory: '1Gi',
          disks: [{ storage: 'old', size: '1Gi' }],
        },
      ],
      ha: {},
      replication: [],
    });
    simulator.control.setNodeOffline('pve3');
    const { not_allowed_nodes: refused } = await pveGet(simulator, '/nodes/pve1/qemu/100/migrate');
    const reason = { unavailable_storages: ['old'] };
    expect(refused).to.deep.equal({ pve2: reason, pve3: reason });
    const answer = await pveRequest(simulator, '/nodes/pve1/qemu/100/migrate', {
      method: 'POST',
      form: { target: 'pve2', online: '1' },
    });
    expect(answer.reason).to.equal("storage 'old' is disabled");
  });

  it('follow the configuration as it changes', async () => {
    const simulator = await start();
    simulator.control.configureGuest(102, { hostpci0: '0000:01:00', cpu: 'host' });
    const path = '/nodes/pve1/qemu/102';
    expect((await pveGet(simulator, `${path}/migrate`)).local_resources).to.deep.equal(['hostpci0']);
    expect(await pveGet(simulator, `${path}/config`)).to.include({ hostpci0: '0000:01:00', cpu: 'host' });
    simulator.control.configureGuest(102, { hostpci0: undefined });
    expect((await pveGet(simulator, `${path}/migrate`)).local_resources).to.deep.equal([]);
  });

  it('differ between the releases in what is known at all', async () => {
    const old = await start('8.4');
    const lxc = await pveRequest(old, '/nodes/pve1/lxc/201/migrate');
    expect([lxc.status, lxc.reason]).to.deep.equal([
      501,
      "Method 'GET /nodes/pve1/lxc/201/migrate' not implemented",
    ]);
    const conntrack = { target: 'pve2', online: '1', 'with-conntrack-state': '1' };
    const path = '/nodes/pve1/qemu/102/migrate';
    const refused = await pveRequest(old, path, { method: 'POST', form: conntrack });
    expect(Object.keys(JSON.parse(refused.body).errors)).to.deep.equal(['with-conntrack-state']);
    const now = await start('9.1');
    expect(await pvePost(now, path, conntrack)).to.match(/^UPID:/);
    expect((await pveGet(now, '/nodes/pve1/capabilities/qemu/migration'))['has-dbus-vmstate']).to.equal(1);
  });
});
