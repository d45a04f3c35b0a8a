import { expect } from 'chai';
import { readInventory } from '../../../src/proxmox/inventory.ts';
import type { ProxmoxReader } from '../../../src/proxmox/reader.ts';
import { createSnapshotReader } from '../../../src/proxmox/snapshot.ts';
import { fixtureError } from '../../support/fake-reader.ts';
import { operatorError } from '../../support/proxmox-client.ts';
import { clusterResponses, fixtureData } from '../../support/proxmox-fixture.ts';
import {
  guest,
  guestEntry,
  inventoryOf,
  nodeEntry,
  type Responses,
} from '../../support/recorded-inventory.ts';

const signal = new AbortController().signal;

describe('HA in an inventory', () => {
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

    expect((await operatorError(readInventory(reader, signal))).code).to.equal('ServerError');
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
    expect((await operatorError(inventoryOf(responses))).code).to.equal('UnexpectedAnswer');
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
    expect((await inventoryOf(degraded)).cluster.ha.hold).to.equal("its node pve3 is in HA state 'unknown'");
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
