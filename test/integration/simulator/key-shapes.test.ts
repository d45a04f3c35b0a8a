import { readdirSync } from 'node:fs';
import { expect } from 'chai';

import { createVirtualClock, type VirtualClock } from '../../../src/lib/virtual-clock.ts';
import type { ClusterIdentity } from '../../../src/simulator/certificates/certificates.ts';
import type { Release } from '../../../src/simulator/profile.ts';
import { type Simulator, startSimulator } from '../../../src/simulator/simulator.ts';
import { fixtureData } from '../../support/proxmox-fixture.ts';
import { FIXTURE_TOKEN, fixtureScenario } from '../../support/simulator/fixture-scenario.ts';
import { keyShape } from '../../support/simulator/key-shape.ts';
import { pveGet } from '../../support/simulator/pve-request.ts';

/** Paths of the examples whose names do not say them, with what must have happened first. */
const PATHS: Readonly<Record<string, string>> = {
  GET_cluster_ha_groups: '/cluster/ha/groups',
  'GET_cluster_ha_resources_{sid}': '/cluster/ha/resources/vm:100',
  GET_cluster_ha_status_manager_status: '/cluster/ha/status/manager_status',
  GET_cluster_ha_status_current_maintenance: '/cluster/ha/status/current',
  GET_cluster_ha_status_manager_status_maintenance: '/cluster/ha/status/manager_status',
  GET_cluster_options_auto_rebalance: '/cluster/options',
  GET_cluster_resources_type_node_offline: '/cluster/resources?type=node',
  GET_cluster_resources_type_node_offline_first_5_minutes: '/cluster/resources?type=node',
  GET_cluster_resources_type_vm_node_offline: '/cluster/resources?type=vm',
  GET_cluster_status_no_quorum: '/cluster/status',
  GET_cluster_status_offline: '/cluster/status',
  GET_nodes_offline: '/nodes',
  GET_nodes_pve1_qemu_100_migrate_ha: '/nodes/pve1/qemu/100/migrate',
  GET_nodes_pve2_lxc_200_migrate_ha: '/nodes/pve2/lxc/200/migrate',
  GET_nodes_pve2_qemu_110_migrate_storage: '/nodes/pve2/qemu/110/migrate',
  GET_nodes_pve3_qemu_104_migrate_local: '/nodes/pve3/qemu/104/migrate',
  'GET_nodes_{node}_capabilities_qemu_migration': '/nodes/pve1/capabilities/qemu/migration',
  'GET_nodes_{node}_storage': '/nodes/pve1/storage',
  'GET_nodes_{node}_version': '/nodes/pve1/version',
  GET_pools_poolid_prod: '/pools?poolid=prod',
};

/** Of single tasks and other clusters, or of users with fewer rights: other tests are about them. */
const ELSEWHERE = /_\{upid\}_|_none$|_standalone$|never_used$|without_Sys|right_after|^POST_|^DELETE_/;

/** What somebody configured in the examples' cluster and nobody here, and what says something of one storage type. */
const NOT_CONFIGURED = [
  '.console: string',
  '[] .path',
  '[dir].path: string',
  '[dir].shared: number',
  '[nfs].path: string',
  '[nfs].server: string',
  '[nfs].export: string',
  '[lvmthin].thinpool: string',
  '[lvmthin].vgname: string',
  '[rbd].pool: string',
  '[rbd].krbd: number',
];

function pathOf(fixture: string): string {
  const known = PATHS[fixture];
  if (known !== undefined) return known;
  const [path = '', timeframe] = fixture.replace(/^GET/, '').split('_timeframe_');
  const [base = '', type] = path.split(/_(type_\w+|source_active)$/);
  const query = timeframe ? `?timeframe=${timeframe}` : type ? `?${type.replace('_', '=')}` : '';
  return `${base.replaceAll('_', '/').replace('status/manager/status', 'status/manager_status')}${query}`;
}

function fixturesOf(folder: string): string[] {
  return readdirSync(new URL(`../../fixtures/proxmox/${folder}/`, import.meta.url))
    .map((file) => file.replace(/\.json$/, ''))
    .filter((name) => !ELSEWHERE.test(name));
}

const FOLDERS: readonly {
  readonly folder: string;
  readonly release: Release;
  readonly prepare: (simulator: Simulator, clock: VirtualClock, fixture: string) => Promise<void>;
}[] = [
  ...(['8.4', '9.1', '9.2'] as const).map((release) => ({
    folder: release,
    release,
    async prepare(simulator: Simulator, clock: VirtualClock) {
      simulator.control.backup(102, 1_000);
      const task = { node: 'pve1', id: '102', user: 'balancer@pve!operator' };
      simulator.control.runTask({ ...task, type: 'qmigrate', durationMs: 1_000 });
      await clock.advance(120_000);
      simulator.control.runTask({ ...task, type: 'qmigrate', durationMs: 60_000 });
    },
  })),
  {
    folder: 'degraded-9.1',
    release: '9.1',
    async prepare(simulator, clock, fixture) {
      if (fixture.includes('no_quorum')) simulator.control.setQuorate(false);
      simulator.control.setMaintenance('pve2', true);
      simulator.control.setNodeOffline('pve3');
      await clock.advance(fixture.includes('first_5_minutes') ? 20_000 : 320_000);
    },
  },
];

for (const { folder, release, prepare } of FOLDERS) {
  describe(`the simulator leaves out nothing that PVE sends in the examples of ${folder}`, () => {
    let clock: VirtualClock;
    let simulator: Simulator;
    let identity: ClusterIdentity | undefined;

    beforeEach(async () => {
      clock = createVirtualClock();
      simulator = await startSimulator({
        scenario: fixtureScenario(release),
        clock,
        ...(identity === undefined ? {} : { identity }),
      });
      identity = simulator.identity;
    });

    afterEach(() => simulator.stop());

    for (const fixture of fixturesOf(folder)) {
      it(`${fixture} at ${pathOf(fixture)}`, async () => {
        await prepare(simulator, clock, fixture);
        const served = keyShape(await pveGet(simulator, pathOf(fixture), FIXTURE_TOKEN));
        const expected = [...keyShape(fixtureData(`${folder}/${fixture}`))];
        const missing = expected.filter((each) => !served.has(each) && !NOT_CONFIGURED.includes(each));
        expect(missing).to.deep.equal([]);
      });
    }
  });
}
