import { expect } from 'chai';
import { OperatorError } from '../../../src/lib/errors.ts';
import { type Inventory, readInventory } from '../../../src/proxmox/inventory.ts';
import type { ProxmoxReader } from '../../../src/proxmox/reader.ts';
import { createSnapshotReader } from '../../../src/proxmox/snapshot.ts';
import { fixtureError } from '../../support/fake-reader.ts';
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

      expect([100, 101, 200, 201].map((vmid) => guest(inventory, vmid)?.ha !== undefined)).to.deep.equal([
        false,
        true,
        false,
        true,
      ]);
      expect(guest(inventory, 201)?.ha?.fault).to.equal('its HA resource is not configured');
    });

    it('of 9.1: rules in force, failback, no rebalancing', async () => {
      const inventory = await inventoryOf(clusterResponses());

      expect(inventory.cluster.ha).to.deep.equal({
        hold: undefined,
        nativeRebalancing: false,
        rules: [
          {
            kind: 'NodeAffinity',
            name: 'db-on-big',
            vmids: [101],
            nodes: [
              { name: 'pve1', priority: 2 },
              { name: 'pve3', priority: 0 },
            ],
            strict: true,
            affinity: 'Positive',
          },
          {
            kind: 'NodeAffinity',
            name: 'web-prefer',
            vmids: [100],
            nodes: [
              { name: 'pve1', priority: 0 },
              { name: 'pve2', priority: 0 },
            ],
            strict: false,
            affinity: 'Positive',
          },
          { kind: 'ResourceAffinity', name: 'apart', vmids: [200, 100], affinity: 'Negative' },
        ],
        services: [
          { vmid: 100, node: 'pve1' },
          { vmid: 101, node: 'pve1' },
          { vmid: 200, node: 'pve2' },
        ],
      });
      expect([100, 101, 200].map((vmid) => guest(inventory, vmid)?.ha?.failback)).to.deep.equal([
        true,
        false,
        true,
      ]);
    });

    it('of 9.2: rebalancing of its own, guests out of it, negative node affinity', async () => {
      const inventory = await inventoryOf(clusterResponses('9.2'));

      expect(inventory.cluster.ha.nativeRebalancing).to.equal(true);
      expect(guest(inventory, 100)?.ha?.autoRebalance).to.equal(false);
      expect(inventory.cluster.ha.rules.at(-1)).to.deep.equal({
        kind: 'NodeAffinity',
        name: 'keep-off',
        vmids: [200],
        nodes: [{ name: 'pve3', priority: 0 }],
        strict: true,
        affinity: 'Negative',
      });
    });

    it('of 8.4: groups in the place of rules', async () => {
      const inventory = await inventoryOf(clusterResponses('8.4'));

      expect(inventory.cluster.ha.rules).to.deep.equal([
        {
          kind: 'NodeAffinity',
          name: 'prefer-1',
          vmids: [100, 101],
          nodes: [
            { name: 'pve1', priority: 2 },
            { name: 'pve2', priority: 1 },
          ],
          strict: false,
          affinity: 'Positive',
        },
      ]);
      expect([100, 101, 200].map((vmid) => guest(inventory, vmid)?.ha?.failback)).to.deep.equal([
        false,
        false,
        true,
      ]);
      expect(inventory.apiCalls).to.be.at.most(9 + 3);
    });

    it('asks for no groups where no resource has one', async () => {
      const responses = clusterResponses('8.4');
      responses['/cluster/ha/resources'] = [{ sid: 'vm:100' }];
      responses['/cluster/ha/groups'] = 'must not be read';

      expect((await inventoryOf(responses)).cluster.ha.rules).to.deep.equal([]);
    });

    it('gives nothing while rules and groups cannot be had (an upgrade under way)', async () => {
      const snapshot = createSnapshotReader({ responses: clusterResponses('8.4') });
      const reader: ProxmoxReader = {
        async get(path, query) {
          if (path === '/cluster/ha/groups') throw fixtureError('500_ha_groups_migrated');
          return snapshot.get(path, query);
        },
      };

      expect((await failure(readInventory(reader, signal))).code).to.equal('ServerError');
    });

    const group = { group: 'prefer-1', nodes: 'pve1' };
    const badGroups: readonly (readonly [string, unknown[]])[] = [
      ['is missing', []],
      ['has no nodes', [{ group: 'prefer-1' }]],
      ['is nonsense', [{ ...group, nodes: 'pve1:high' }]],
      ['may be restricted', [{ ...group, restricted: 'perhaps' }]],
      ['has no name', [{ nodes: 'pve1' }]],
    ];
    for (const [what, groups] of badGroups) {
      it(`holds only the guests whose group ${what}`, async () => {
        const responses = clusterResponses('8.4');
        responses['/cluster/ha/groups'] = groups;

        const inventory = await inventoryOf(responses);

        expect([100, 101, 200].map((vmid) => guest(inventory, vmid)?.ha?.fault)).to.deep.equal([
          "its HA group 'prefer-1' could not be read",
          "its HA group 'prefer-1' could not be read",
          undefined,
        ]);
      });
    }

    const rule = { rule: 'r', type: 'node-affinity', resources: 'vm:100', nodes: 'pve1', order: 1 };
    const badRules: readonly (readonly [string, object, readonly number[]])[] = [
      ['of an unknown type', { ...rule, type: 'moon-affinity' }, [100]],
      ['without nodes', { ...rule, nodes: undefined }, [100]],
      ['with nonsense for nodes', { ...rule, nodes: 'pve1:' }, [100]],
      ['that may be strict', { ...rule, strict: 'perhaps' }, [100]],
      ['of an unknown affinity', { ...rule, affinity: 'neutral' }, [100]],
      [
        'of resources without affinity',
        { ...rule, type: 'resource-affinity', resources: 'vm:100,ct:200' },
        [100, 200],
      ],
      ['without name', { ...rule, rule: undefined, resources: 'vm:101' }, [101]],
      ['that may be disabled', { ...rule, nodes: 1, disable: 'perhaps' }, [100]],
      ['that does not say whose it is', { ...rule, resources: 1 }, [100, 101, 200]],
      ['of nonsense resources', { ...rule, resources: 'everybody' }, [100, 101, 200]],
    ];
    for (const [what, entry, held] of badRules) {
      it(`a rule ${what} holds its guests`, async () => {
        const responses = clusterResponses();
        responses['/cluster/ha/rules'].push(JSON.parse(JSON.stringify(entry)));

        const inventory = await inventoryOf(responses);

        const faulty = inventory.cluster.guests.filter(({ ha }) => ha?.fault !== undefined);
        expect(faulty.map(({ vmid }) => vmid).sort()).to.deep.equal(held);
        expect(inventory.cluster.ha.rules).to.have.lengthOf(3);
      });
    }

    it('a resource that cannot be read holds its guest; one that names none spoils the inventory', async () => {
      const responses = clusterResponses();
      responses['/cluster/ha/resources'][0].failback = 'perhaps';
      const inventory = await inventoryOf(responses);
      expect(guest(inventory, 100)?.ha?.fault).to.contain('failback');
      expect(guest(inventory, 101)?.ha?.fault).to.equal(undefined);

      delete responses['/cluster/ha/resources'][0].sid;
      expect((await failure(inventoryOf(responses))).code).to.equal('UnexpectedAnswer');
    });

    const states: readonly (readonly [string, (responses: Responses) => void, string | undefined])[] = [
      ['started', () => undefined, 'started'],
      [
        'enabled',
        (responses) => Object.assign(responses['/cluster/ha/resources'][0], { state: 'enabled' }),
        'started',
      ],
      [
        'to be stopped',
        (responses) => Object.assign(responses['/cluster/ha/resources'][0], { state: 'stopped' }),
        'stopped',
      ],
      [
        'migrating',
        (responses) => Object.assign(guestEntry(responses, 100), { hastate: 'migrate' }),
        'migrate',
      ],
      [
        'in error, as only the manager knows',
        (responses) => {
          responses['/cluster/ha/status/manager_status'].manager_status.service_status['vm:100'].state =
            'error';
        },
        'error',
      ],
      [
        'something unreadable to the manager',
        (responses) => {
          responses['/cluster/ha/status/manager_status'].manager_status.service_status['vm:100'] = 7;
        },
        'unknown',
      ],
      [
        'not taken up yet',
        (responses) => {
          guestEntry(responses, 100).hastate = null;
          delete responses['/cluster/ha/status/manager_status'].manager_status.service_status['vm:100'];
        },
        undefined,
      ],
    ];
    for (const [what, change, expected] of states) {
      it(`state of a guest that is ${what}`, async () => {
        const responses = clusterResponses();
        change(responses);

        const found = guest(await inventoryOf(responses), 100)?.ha;

        expect(found).to.include({ state: expected, fault: undefined });
      });
    }

    it('is held while a node is fenced or unknown, not by one in maintenance', async () => {
      for (const state of ['fence', 'unknown', 17]) {
        const responses = clusterResponses();
        responses['/cluster/ha/status/manager_status'].manager_status.node_status.pve3 = state;
        expect((await inventoryOf(responses)).cluster.ha.hold, String(state)).to.match(
          /^its node pve3 is in HA state/,
        );
      }
      const byNode = clusterResponses();
      nodeEntry(byNode, 'pve3').hastate = 'fence';
      expect((await inventoryOf(byNode)).cluster.ha.hold).to.equal("its node pve3 is in HA state 'fence'");
      for (const state of ['maintenance', 'gone']) {
        const responses = clusterResponses();
        responses['/cluster/ha/status/manager_status'].manager_status.node_status.pve3 = state;
        expect((await inventoryOf(responses)).cluster.ha.hold, state).to.equal(undefined);
      }
      const degraded = clusterResponses();
      degraded['/cluster/ha/status/manager_status'] = fixtureData(
        'degraded-9.1/GET_cluster_ha_status_manager_status_maintenance',
      );
      expect((await inventoryOf(degraded)).cluster.ha.hold).to.equal(
        "its node pve3 is in HA state 'unknown'",
      );
    });

    it('is held while it is disarmed, and does not count when it ignores its guests', async () => {
      const disarmed = async (disarm: unknown) => {
        const responses = clusterResponses();
        responses['/cluster/ha/status/manager_status'].manager_status.disarm = disarm;
        return inventoryOf(responses);
      };
      for (const disarm of [
        { mode: 'freeze', state: 'disarmed' },
        { mode: 'freeze', state: 'disarming' },
        { mode: 'ignore', state: 'disarming' },
        'perhaps',
      ]) {
        expect((await disarmed(disarm)).cluster.ha.hold).to.match(/^HA is disarm/);
      }
      const ignoring = await disarmed({ mode: 'ignore', state: 'disarmed' });
      expect(ignoring.cluster.ha.hold).to.equal(undefined);
      expect(guest(ignoring, 100)?.ha).to.equal(undefined);
    });

    const schedulers: readonly (readonly [unknown, boolean])[] = [
      [undefined, false],
      [null, false],
      [{ ha: 'static' }, false],
      [{ ha: 'basic', 'ha-auto-rebalance': 1 }, false],
      [{ 'ha-auto-rebalance': 1 }, false],
      [{ ha: 'dynamic', 'ha-auto-rebalance': 0 }, false],
      [{ ha: 'dynamic', 'ha-auto-rebalance': '0' }, false],
      [{ ha: 'dynamic', 'ha-auto-rebalance': 1 }, true],
      [{ ha: 'static', 'ha-auto-rebalance': '1' }, true],
      [{ ha: 'static', 'ha-auto-rebalance': 'perhaps' }, true],
      [{ ha: 'quantum', 'ha-auto-rebalance': 1 }, true],
      ['ha=static', true],
    ];
    for (const [crs, expected] of schedulers) {
      it(`crs ${JSON.stringify(crs)}: ${expected ? 'PVE rebalances' : 'no rebalancing'}`, async () => {
        const responses = clusterResponses();
        responses['/cluster/options'].crs = crs;

        expect((await inventoryOf(responses)).cluster.ha.nativeRebalancing).to.equal(expected);
      });
    }
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
      ];

      const inventory = await inventoryOf(responses);

      expect([100, 101, 102, 200].map((vmid) => guest(inventory, vmid)?.settling)).to.deep.equal([
        true,
        false,
        false,
        true,
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
