import { expect } from 'chai';
import { OperatorError } from '../../../src/lib/errors.ts';
import { readInventory } from '../../../src/proxmox/inventory.ts';
import type { ProxmoxReader } from '../../../src/proxmox/reader.ts';
import { createSnapshotReader } from '../../../src/proxmox/snapshot.ts';
import { operatorError } from '../../support/proxmox-client.ts';
import { clusterResponses, fixtureData } from '../../support/proxmox-fixture.ts';
import {
  guest,
  guestEntry,
  inventoryOf,
  node,
  nodeEntry,
  type Responses,
} from '../../support/recorded-inventory.ts';

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

  describe('guests that cannot be read', () => {
    const faults: readonly (readonly [string, object, string])[] = [
      ['a negative memory', { mem: -1 }, 'mem'],
      ['a memory in words', { mem: '12 GB' }, 'mem'],
      ['an absurd cpu', { cpu: 1e9 }, 'cpu'],
      ['no cpu while running', { cpu: undefined }, 'cpu'],
      ['no CPUs while running', { maxcpu: 0 }, 'maxcpu'],
      ['no memory while running', { mem: undefined }, 'mem'],
      ['a memory of 0 while running', { mem: 0 }, 'mem'],
      ['no size of its memory while running', { maxmem: 0 }, 'maxmem'],
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

    it('among 10,000: only they are left out', async () => {
      const responses = clusterResponses();
      const entry = guestEntry(responses, 101);
      for (let vmid = 1_000; vmid < 11_000; vmid += 1)
        responses['/cluster/resources'].push({ ...entry, id: `qemu/${vmid}`, vmid });
      delete guestEntry(responses, 5_000).name;
      guestEntry(responses, 6_000).mem = '12 GB';

      const inventory = await inventoryOf(responses);

      expect(inventory.cluster.guests).to.have.lengthOf(11 + 10_000 - 1);
      expect(guest(inventory, 5_000)?.name).to.equal('5000');
      expect(inventory.cluster.unreadable.map(({ vmid }) => vmid)).to.deep.equal([6_000]);
    });

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

  describe('statistics that are not of the present place', () => {
    it('belong to a guest that has just arrived or started', async () => {
      const responses = clusterResponses();
      const [arrived] = fixtureData('degraded-9.1/GET_cluster_resources_vm_right_after_migration');
      Object.assign(guestEntry(responses, 102), arrived);
      guestEntry(responses, 101).uptime = 24;
      guestEntry(responses, 100).uptime = 25;
      delete guestEntry(responses, 201).uptime;
      guestEntry(responses, 110).uptime = 0;

      const inventory = await inventoryOf(responses);

      expect([102, 101, 201, 100, 110].map((vmid) => guest(inventory, vmid)?.settling)).to.deep.equal([
        true,
        true,
        true,
        false,
        false,
      ]);
    });

    it('belong to a guest whose migration has only just ended', async () => {
      const responses = clusterResponses();
      const seconds = 1_763_812_800;
      const [task] = responses['/cluster/tasks'];
      const ended = (vmid: number, type: string, secondsAgo: number) => ({
        ...task,
        upid: task.upid.replace(':102:', `:${vmid}:`),
        id: String(vmid),
        type,
        endtime: seconds - secondsAgo,
        status: 'OK',
      });
      responses['/cluster/tasks'] = [
        ended(100, 'qmigrate', 24),
        ended(101, 'qmigrate', 25),
        ended(102, 'vzdump', 1),
        ended(200, 'vzmigrate', 0),
        // By another clock.
        ended(201, 'qmigrate', -25),
      ];

      const inventory = await inventoryOf(responses);

      expect([100, 101, 102, 200, 201].map((vmid) => guest(inventory, vmid)?.settling)).to.deep.equal([
        true,
        false,
        false,
        true,
        false,
      ]);
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
      expect(inventory.apiCalls).to.equal(8 + 3 + 1);
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

    it('of a dead node go nowhere, though the list shows them for ever', async () => {
      const responses = clusterResponses();
      responses[logPath] = fixtureData('9.1/GET_nodes_{node}_tasks_{upid}_log');
      for (const entry of responses['/cluster/status']) if (entry.name === 'pve1') entry.online = 0;
      // HA has recovered it.
      guestEntry(responses, 102).node = 'pve2';

      const inventory = await inventoryOf(responses);

      expect(inventory.runningMigrations).to.deep.equal([]);
      expect(inventory.cluster.incoming).to.deep.equal([]);
      expect(guest(inventory, 102)).to.include({ node: 'pve2', activeTask: undefined });
      expect(inventory.apiCalls).to.equal(8 + 2);
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
