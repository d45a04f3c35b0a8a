import { expect } from 'chai';
import { OperatorError } from '../../../src/lib/errors.ts';
import { type Inventory, readInventory } from '../../../src/proxmox/inventory.ts';
import type { ProxmoxReader } from '../../../src/proxmox/reader.ts';
import { createSnapshotReader } from '../../../src/proxmox/snapshot.ts';
import { clusterResponses, fixtureData } from '../../support/proxmox-fixture.ts';

const signal = new AbortController().signal;

// biome-ignore lint/suspicious/noExplicitAny: tests change answers at will
type Responses = Record<string, any>;

function inventoryOf(responses: Responses): Promise<Inventory> {
  return readInventory(createSnapshotReader({ responses }, 1_763_812_800_000), signal);
}

function guestEntry(responses: Responses, vmid: number) {
  return responses['/cluster/resources'].find((entry: { vmid?: number }) => entry.vmid === vmid);
}

function nodeEntry(responses: Responses, name: string) {
  return responses['/cluster/resources'].find((entry: { id?: string }) => entry.id === `node/${name}`);
}

function guest(inventory: Inventory, vmid: number) {
  return inventory.cluster.guests.find((entry) => entry.vmid === vmid);
}

function node(inventory: Inventory, name: string) {
  return inventory.cluster.nodes.find((entry) => entry.name === name);
}

async function failure(promise: Promise<unknown>): Promise<OperatorError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof OperatorError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

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
        haManaged: true,
        replicated: false,
        cpuCount: 4,
        memoryBytes: 6757023744,
        memoryHostBytes: 8537505792,
      });
      expect(guest(inventory, 103)).to.deep.include({ lock: 'backup', haManaged: false });
      expect(guest(inventory, 105)).to.deep.include({ status: 'paused' });
      expect(guest(inventory, 110)).to.deep.include({ status: 'stopped', replicated: true });
      expect(guest(inventory, 900)).to.deep.include({ template: true });
      expect(guest(inventory, 200)).to.deep.include({ type: 'lxc', haManaged: true });
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
      const responses = clusterResponses();
      responses['/cluster/resources'] = fixtureData('8.4/GET_cluster_resources');
      responses['/cluster/ha/resources'] = fixtureData('8.4/GET_cluster_ha_resources');
      responses['/nodes/pve1/status'] = fixtureData('8.4/GET_nodes_pve1_status');

      const inventory = await inventoryOf(responses);

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

  describe('guests that cannot be read', () => {
    const faults: readonly (readonly [string, object, string])[] = [
      ['a negative memory', { mem: -1 }, 'mem'],
      ['a memory in words', { mem: '12 GB' }, 'mem'],
      ['an absurd cpu', { cpu: 1e9 }, 'cpu'],
      ['no cpu while running', { cpu: undefined }, 'cpu'],
      ['no CPUs while running', { maxcpu: 0 }, 'maxcpu'],
      ['a list as name', { name: ['web'] }, 'name'],
      ['a node nobody knows', { node: 'pve9' }, 'pve9'],
      ['status unknown on an online node', { status: 'unknown' }, 'statistics'],
    ];
    for (const [what, change, named] of faults) {
      it(`${what}: only this guest is left out`, async () => {
        const responses = clusterResponses();
        Object.assign(guestEntry(responses, 102), change);

        const inventory = await inventoryOf(responses);

        expect(inventory.cluster.unreadable).to.have.lengthOf(1);
        expect(inventory.cluster.unreadable[0]?.vmid).to.equal(102);
        expect(inventory.cluster.unreadable[0]?.detail).to.contain(named);
        expect(inventory.cluster.guests).to.have.lengthOf(10);
      });
    }

    it('two of one VMID: neither is taken', async () => {
      const responses = clusterResponses();
      responses['/cluster/resources'].push({ ...guestEntry(responses, 102), node: 'pve2' });

      const inventory = await inventoryOf(responses);

      expect(inventory.cluster.unreadable.map((entry) => entry.vmid)).to.deep.equal([102, 102]);
      expect(guest(inventory, 102)).to.equal(undefined);
    });

    it('a stopped guest needs no figures, and a nameless one is called by its VMID', async () => {
      const responses = clusterResponses();
      for (const field of ['cpu', 'maxcpu', 'mem', 'maxmem', 'uptime', 'name'])
        delete guestEntry(responses, 110)[field];

      expect(guest(await inventoryOf(responses), 110)).to.deep.include({
        name: '110',
        memoryBytes: 0,
        cpuUsedShare: 0,
      });
    });

    it('a container with a CPU limit has its CPUs as a string', async () => {
      const responses = clusterResponses();
      guestEntry(responses, 200).maxcpu = '1.5';

      expect(guest(await inventoryOf(responses), 200)?.cpuCount).to.equal(1.5);
    });
  });

  describe('HA', () => {
    it('counts a guest as managed unless its resource is ignored', async () => {
      const responses = clusterResponses();
      delete guestEntry(responses, 100).hastate;
      delete guestEntry(responses, 101).hastate;
      responses['/cluster/ha/resources'] = [{ sid: 'vm:100', state: 'ignored' }, { sid: 'vm:101' }];
      guestEntry(responses, 200).hastate = 'ignored';
      guestEntry(responses, 201).hastate = 'started';

      const inventory = await inventoryOf(responses);

      expect([100, 101, 200, 201].map((vmid) => guest(inventory, vmid)?.haManaged)).to.deep.equal([
        false,
        true,
        false,
        true,
      ]);
    });
  });

  describe('running tasks', () => {
    const upid = 'UPID:pve1:000956CC:0AD0BE16:6921A596:qmigrate:102:balancer@pve!operator:';
    const logPath = `/nodes/pve1/tasks/${encodeURIComponent(upid)}/log`;

    it('mark their guest, finished ones do not', async () => {
      const inventory = await inventoryOf(clusterResponses());

      expect(guest(inventory, 102)?.activeTask).to.equal('qmigrate');
      expect(guest(inventory, 101)?.activeTask).to.equal(undefined);
      expect(guest(inventory, 103)?.activeTask).to.equal(undefined);
    });

    it('migrations take their target from the log, where their memory counts', async () => {
      const responses = clusterResponses();
      responses[logPath] = fixtureData('9.1/GET_nodes_{node}_tasks_{upid}_log');

      const inventory = await inventoryOf(responses);

      expect(inventory.runningMigrations).to.deep.equal([
        {
          upid,
          vmid: 102,
          node: 'pve1',
          type: 'qemu',
          user: 'balancer@pve!operator',
          startTime: 0x6921a596 * 1_000,
          target: 'pve3',
        },
      ]);
      expect(inventory.cluster.incoming).to.deep.equal([{ node: 'pve3', vmid: 102, bytes: 17221812224 }]);
      expect(inventory.apiCalls).to.equal(6 + 3 + 1);
    });

    it('a migration whose target is not known counts on every other node', async () => {
      const inventory = await inventoryOf(clusterResponses());

      expect(inventory.runningMigrations[0]?.target).to.equal(undefined);
      expect(inventory.cluster.incoming).to.deep.equal([
        { node: 'pve2', vmid: 102, bytes: 17221812224 },
        { node: 'pve3', vmid: 102, bytes: 17221812224 },
      ]);
    });

    it('a migrating guest that cannot be read may fill the node', async () => {
      const responses = clusterResponses();
      responses[logPath] = fixtureData('9.1/GET_nodes_{node}_tasks_{upid}_log');
      guestEntry(responses, 102).mem = 'much';

      expect((await inventoryOf(responses)).cluster.incoming).to.deep.equal([
        { node: 'pve3', vmid: 102, bytes: 274877906944 },
      ]);
    });

    it('keep to 9 + N calls, however many migrations run', async () => {
      const responses = clusterResponses();
      const [task] = responses['/cluster/tasks'];
      responses['/cluster/tasks'] = [100, 101, 102, 103, 104].map((vmid) => ({
        ...task,
        upid: upid.replace(':102:', `:${vmid}:`),
        id: String(vmid),
      }));

      const inventory = await inventoryOf(responses);

      expect(inventory.runningMigrations).to.have.lengthOf(5);
      expect(inventory.apiCalls).to.be.at.most(9 + 3);
    });
  });

  describe('cluster-wide reads', () => {
    for (const path of [
      '/cluster/status',
      '/cluster/tasks',
      '/cluster/ha/resources',
      '/cluster/replication',
    ]) {
      it(`a malformed ${path} gives no inventory`, async () => {
        const responses = clusterResponses();
        responses[path] = { not: 'a list' };

        const error = await failure(inventoryOf(responses));

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

      expect((await failure(inventoryOf(responses))).code).to.equal('UnexpectedAnswer');
    });

    it('one that fails fails the inventory', async () => {
      const snapshot = createSnapshotReader({ responses: clusterResponses() });
      const reader: ProxmoxReader = {
        async get(path, query) {
          if (path === '/cluster/replication') throw new OperatorError('ServerError', 'broken');
          return snapshot.get(path, query);
        },
      };

      expect((await failure(readInventory(reader, signal))).code).to.equal('ServerError');
    });
  });
});
