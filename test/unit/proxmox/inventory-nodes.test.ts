import { expect } from 'chai';
import { readInventory } from '../../../src/proxmox/inventory.ts';
import type { ProxmoxReader } from '../../../src/proxmox/reader.ts';
import { createSnapshotReader } from '../../../src/proxmox/snapshot.ts';
import { clusterResponses, fixtureData } from '../../support/proxmox-fixture.ts';
import { guest, inventoryOf, node, nodeEntry, type Responses } from '../../support/recorded-inventory.ts';

const signal = new AbortController().signal;

describe('inventory', () => {
  describe('nodes that do not take part', () => {
    it('offline: neither its status is read nor are its guests taken as running', async () => {
      const responses = clusterResponses();
      responses['/cluster/status'] = fixtureData('degraded-9.1/GET_cluster_status_offline');
      nodeEntry(responses, 'pve3').status = 'offline';
      delete responses['/nodes/pve3/status'];

      const inventory = await inventoryOf(responses);

      expect(node(inventory, 'pve3')).to.deep.include({
        availability: 'Offline',
        detail: 'the node is offline',
      });
      expect(guest(inventory, 104)).to.deep.include({ node: 'pve3', status: 'unknown' });
    });

    it('offline for long: guests without any figures do not disturb', async () => {
      const responses = clusterResponses();
      responses['/cluster/status'] = fixtureData('degraded-9.1/GET_cluster_status_offline');
      responses['/cluster/resources'] = [
        ...fixtureData('degraded-9.1/GET_cluster_resources_type_node_offline'),
        ...fixtureData('degraded-9.1/GET_cluster_resources_type_vm_node_offline'),
      ];
      responses['/cluster/ha/status/manager_status'] = {};

      const inventory = await inventoryOf(responses);

      expect(inventory.cluster.nodes.map((entry) => entry.availability)).to.deep.equal([
        'Online',
        'Maintenance',
        'Offline',
      ]);
      expect(inventory.cluster.unreadable).to.deep.equal([]);
      expect(guest(inventory, 105)).to.deep.include({ name: '105', status: 'unknown', memoryBytes: 0 });
    });

    const marks: readonly (readonly [string, (responses: Responses) => void])[] = [
      ['its hastate', (responses) => Object.assign(nodeEntry(responses, 'pve2'), { hastate: 'maintenance' })],
      [
        'the manager status',
        (responses) => {
          responses['/cluster/ha/status/manager_status'].manager_status.node_status.pve2 = 'maintenance';
        },
      ],
      [
        'a request',
        (responses) => {
          responses['/cluster/ha/status/manager_status'].manager_status.node_request = {
            pve2: { maintenance: 1 },
          };
        },
      ],
      [
        'its local resource manager',
        (responses) => {
          responses['/cluster/ha/status/manager_status'].lrm_status.pve2.mode = 'maintenance';
        },
      ],
    ];
    for (const [mark, put] of marks) {
      it(`in maintenance by ${mark}`, async () => {
        const responses = clusterResponses();
        put(responses);

        const inventory = await inventoryOf(responses);

        expect(node(inventory, 'pve2')?.availability).to.equal('Maintenance');
        expect(node(inventory, 'pve1')?.availability).to.equal('Online');
      });
    }

    it('doubted by HA: unknown', async () => {
      const responses = clusterResponses();
      nodeEntry(responses, 'pve2').hastate = 'fence';

      expect(node(await inventoryOf(responses), 'pve2')).to.deep.include({ availability: 'Unknown' });
    });

    it('whose status cannot be read: unknown, the others are not affected', async () => {
      const responses = clusterResponses();
      delete responses['/nodes/pve2/status'];

      const inventory = await inventoryOf(responses);

      expect(node(inventory, 'pve2')).to.deep.include({ availability: 'Unknown', doubt: 'Unread' });
      expect(node(inventory, 'pve1')?.availability).to.equal('Online');
      expect(node(inventory, 'pve3')?.availability).to.equal('Online');
    });

    it('whose status is malformed: unknown, and the detail names the field', async () => {
      const responses = clusterResponses();
      responses['/nodes/pve2/status'].cpuinfo.mhz = 'fast';

      const found = node(await inventoryOf(responses), 'pve2');

      expect(found).to.deep.include({ availability: 'Unknown', doubt: 'Unread' });
      expect(found).to.have.property('detail').that.contains('cpuinfo.mhz');
    });

    it('whose statistics lag more than 30 s: stale', async () => {
      const responses = clusterResponses();
      nodeEntry(responses, 'pve2').uptime -= 31;
      nodeEntry(responses, 'pve1').uptime -= 30;

      const inventory = await inventoryOf(responses);

      expect(node(inventory, 'pve2')).to.deep.include({ availability: 'Unknown', doubt: 'Stale' });
      expect(node(inventory, 'pve2')).to.have.property('detail').that.contains('31 s behind');
      expect(node(inventory, 'pve1')?.availability).to.equal('Online');
    });

    it('whose statistics are from before its last start: stale, however long it was up then', async () => {
      const responses = clusterResponses();
      responses['/nodes/pve2/status'].uptime = 45;
      nodeEntry(responses, 'pve1').uptime += 30;

      const inventory = await inventoryOf(responses);

      expect(node(inventory, 'pve2')).to.deep.include({ availability: 'Unknown', doubt: 'Stale' });
      expect(node(inventory, 'pve2')).to.have.property('detail').that.contains('before its last start');
      expect(node(inventory, 'pve1')?.availability).to.equal('Online');
    });

    it('a slow status call is no lag', async () => {
      const responses = clusterResponses();
      responses['/nodes/pve2/status'].uptime += 40;
      const snapshot = createSnapshotReader({ responses });
      const reader: ProxmoxReader = {
        async get(path, query) {
          const proxmoxTime = path === '/nodes/pve2/status' ? 100_000 : 60_000;
          return { ...(await snapshot.get(path, query)), proxmoxTime };
        },
      };

      expect(node(await readInventory(reader, signal), 'pve2')?.availability).to.equal('Online');
    });

    it('without statistics for minutes: stale', async () => {
      const responses = clusterResponses();
      const entry = nodeEntry(responses, 'pve2');
      entry.status = 'unknown';
      delete entry.uptime;

      expect(node(await inventoryOf(responses), 'pve2')).to.deep.include({
        availability: 'Unknown',
        doubt: 'Stale',
      });
    });

    it('listed twice, or in the membership only: unknown', async () => {
      const responses = clusterResponses();
      responses['/cluster/resources'].push({ ...nodeEntry(responses, 'pve2') });
      responses['/cluster/status'].push({ type: 'node', name: 'pve4', online: 1 });

      const inventory = await inventoryOf(responses);

      expect(node(inventory, 'pve2')?.availability).to.equal('Unknown');
      expect(node(inventory, 'pve4')?.availability).to.equal('Unknown');
    });

    it('may be called like a property every object has', async () => {
      const responses = clusterResponses();
      responses['/cluster/status'].push({ type: 'node', name: 'constructor', online: 1 });
      responses['/cluster/resources'].push({ ...nodeEntry(responses, 'pve2'), node: 'constructor' });
      responses['/nodes/constructor/status'] = responses['/nodes/pve2/status'];

      expect(node(await inventoryOf(responses), 'constructor')?.availability).to.equal('Online');
    });
  });

  describe('the version of a node', () => {
    const versions: readonly (readonly [unknown, string])[] = [
      ['pve-manager/9.1.2/c0ffee1234567890', '9.1.2'],
      ['pve-manager/8.4.21/c0ffee', '8.4.21'],
      ['pve-manager/7.4-16/0f39f621', '7.4.16'],
      ['pve-manager/9.0.0~10/abc', '9.0.0'],
      ['something else', ''],
      [undefined, ''],
    ];
    for (const [pveversion, expected] of versions) {
      it(`${pveversion}: '${expected}'`, async () => {
        const responses = clusterResponses();
        responses['/nodes/pve1/status'].pveversion = pveversion;
        const found = node(await inventoryOf(responses), 'pve1');
        expect(found?.availability === 'Online' && found.figures.pveVersion).to.equal(expected);
      });
    }
  });
});
