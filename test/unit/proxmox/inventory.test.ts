import { expect } from 'chai';
import { OperatorError } from '../../../src/lib/errors.ts';
import { readInventory } from '../../../src/proxmox/inventory.ts';
import type { ProxmoxReader } from '../../../src/proxmox/reader.ts';
import { createSnapshotReader } from '../../../src/proxmox/snapshot.ts';
import { operatorError } from '../../support/proxmox-client.ts';
import { clusterResponses, fixtureData } from '../../support/proxmox-fixture.ts';
import { guest, inventoryOf, node, nodeEntry } from '../../support/recorded-inventory.ts';

const signal = new AbortController().signal;

describe('inventory', () => {
  describe('of a healthy cluster', () => {
    it('takes over the figures of every node', async () => {
      const inventory = await inventoryOf(clusterResponses());

      expect(inventory.cluster.nodes.map(({ name, availability }) => [name, availability])).to.deep.equal([
        ['pve1', 'Online'],
        ['pve2', 'Online'],
        ['pve3', 'Online'],
      ]);
      expect(node(inventory, 'pve1')).to.deep.equal({
        name: 'pve1',
        uptimeSeconds: 1814523,
        availability: 'Online',
        figures: {
          cpuMhz: 3598.412,
          cpuCores: 8,
          cpuSockets: 1,
          cpuThreads: 16,
          cpuModel: 'Example CPU E-8C',
          cpuFlags: ['fpu', 'vme', 'de', 'pse', 'tsc', 'msr', 'pae', 'vmx', 'ept', 'aes', 'avx2'],
          architecture: 'x86_64',
          pveVersion: '9.1.2',
          loadAverage: [6.71, 6.32, 5.98],
          cpuUsedShare: 0.412873910461236,
          memoryTotalBytes: 137438953472,
          memoryUsedBytes: 97827946496,
          memoryFreeBytes: 33168556032,
          ksmSharedBytes: 734003200,
        },
      });
    });

    it('takes over every guest, whatever its state', async () => {
      const inventory = await inventoryOf(clusterResponses());

      expect(inventory.cluster.unreadable).to.deep.equal([]);
      expect(inventory.cluster.guests.map((entry) => entry.vmid).sort()).to.deep.equal([
        100, 101, 102, 103, 104, 105, 110, 200, 201, 202, 900,
      ]);
      expect(guest(inventory, 100)).to.deep.include({
        type: 'qemu',
        name: 'web-1',
        node: 'pve1',
        status: 'running',
        template: false,
        lock: undefined,
        tags: ['plb_affinity_web', 'prod'],
        pool: 'prod',
        ha: { state: 'started', failback: true, autoRebalance: true, fault: undefined },
        replicationTargets: undefined,
        settling: false,
        examination: undefined,
        cpuCount: 4,
        memoryBytes: 6757023744,
        memoryHostBytes: 8537505792,
      });
      expect(guest(inventory, 103)).to.deep.include({ lock: 'backup', ha: undefined });
      expect(guest(inventory, 105)).to.deep.include({ status: 'paused' });
      expect(guest(inventory, 110)).to.deep.include({ status: 'stopped', replicationTargets: ['pve3'] });
      expect(guest(inventory, 900)).to.deep.include({ template: true });
      expect(guest(inventory, 200)?.type).to.equal('lxc');
      expect(guest(inventory, 200)?.ha?.state).to.equal('started');
    });

    it('takes the time of its oldest answer and counts its calls', async () => {
      const responses = clusterResponses();
      const snapshot = createSnapshotReader({ responses });
      const reader: ProxmoxReader = {
        async get(path, query) {
          const proxmoxTime = path === '/nodes/pve2/status' ? 5_000 : 9_000;
          return { ...(await snapshot.get(path, query)), proxmoxTime };
        },
      };

      const inventory = await readInventory(reader, signal);

      expect(inventory.proxmoxTime).to.equal(5_000);
      expect(inventory.quorate).to.equal(true);
      expect(inventory.apiCalls).to.be.at.most(9 + 3);
    });

    it('reads an 8.4 cluster', async () => {
      const inventory = await inventoryOf(clusterResponses('8.4'));

      expect(node(inventory, 'pve1')?.availability).to.equal('Online');
      expect(guest(inventory, 100)).to.deep.include({ memoryHostBytes: 0, status: 'running' });
    });

    it('takes a standalone host as quorate', async () => {
      const responses = clusterResponses();
      responses['/cluster/status'] = fixtureData('9.1/GET_cluster_status_standalone');
      responses['/cluster/resources'] = [{ ...nodeEntry(responses, 'pve1'), node: 'solo', id: 'node/solo' }];
      responses['/nodes/solo/status'] = responses['/nodes/pve1/status'];

      const inventory = await inventoryOf(responses);

      expect(inventory.quorate).to.equal(true);
      expect(inventory.cluster.nodes.map((entry) => entry.name)).to.deep.equal(['solo']);
    });
  });

  describe('storages', () => {
    it('are where they are enabled and available', async () => {
      const responses = clusterResponses();
      const entry = (id: string) =>
        responses['/cluster/resources'].find((each: { id?: string }) => each.id === id);
      entry('storage/pve2/local-lvm').status = 'unknown';
      delete entry('storage/pve3/local').shared;

      expect((await inventoryOf(responses)).cluster.storages).to.deep.equal([
        { name: 'ceph-vm', shared: true, nodes: ['pve1', 'pve2', 'pve3'] },
        { name: 'local', shared: false, nodes: ['pve1', 'pve2'] },
        { name: 'local-lvm', shared: false, nodes: ['pve1', 'pve3'] },
        { name: 'nfs-iso', shared: true, nodes: ['pve1', 'pve2'] },
      ]);
    });
  });

  describe('replication', () => {
    it('is known with its targets; a job of an unreadable target gives none', async () => {
      const responses = clusterResponses();
      responses['/cluster/replication'] = [
        { guest: 110, target: 'pve3' },
        { guest: 110, target: 'pve1' },
        { guest: 102, target: 7 },
      ];

      const inventory = await inventoryOf(responses);

      expect(guest(inventory, 110)?.replicationTargets).to.deep.equal(['pve3', 'pve1']);
      expect(guest(inventory, 102)?.replicationTargets).to.deep.equal([]);
    });
  });

  describe('cluster-wide reads', () => {
    for (const path of [
      '/cluster/status',
      '/cluster/tasks',
      '/cluster/ha/resources',
      '/cluster/ha/rules',
      '/cluster/ha/status/manager_status',
      '/cluster/options',
      '/cluster/replication',
    ]) {
      it(`a malformed ${path} gives no inventory`, async () => {
        const responses = clusterResponses();
        responses[path] = Array.isArray(responses[path]) ? { not: 'a list' } : 'no object';

        const error = await operatorError(inventoryOf(responses));

        expect(error.code).to.equal('UnexpectedAnswer');
        expect(error.message).to.contain(path);
      });
    }

    it('without quorum says so', async () => {
      const responses = clusterResponses();
      responses['/cluster/status'] = fixtureData('degraded-9.1/GET_cluster_status_no_quorum');

      expect((await inventoryOf(responses)).quorate).to.equal(false);
    });

    it('several nodes without a cluster entry are not taken as quorate', async () => {
      const responses = clusterResponses();
      responses['/cluster/status'].shift();

      expect((await operatorError(inventoryOf(responses))).code).to.equal('UnexpectedAnswer');
    });

    it('one that fails fails the inventory', async () => {
      const snapshot = createSnapshotReader({ responses: clusterResponses() });
      const reader: ProxmoxReader = {
        async get(path, query) {
          if (path === '/cluster/replication') throw new OperatorError('ServerError', 'broken');
          return snapshot.get(path, query);
        },
      };

      expect((await operatorError(readInventory(reader, signal))).code).to.equal('ServerError');
    });
  });
});
