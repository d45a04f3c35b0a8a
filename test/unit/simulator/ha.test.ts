import { expect } from 'chai';
import fc from 'fast-check';

import type { GuestDocument, HaDocument, HaRuleDocument } from '../../../src/simulator/scenario/document.ts';
import type { Cluster } from '../../../src/simulator/world/cluster.ts';
import { turnOff, turnOn } from '../../../src/simulator/world/outage.ts';
import { createWorld } from '../../support/simulator/scenarios.ts';
import { guestOf, migrate, wait } from '../../support/simulator/world.ts';

const HA_GUEST = { type: 'qemu', cpus: 2, memory: '4Gi', ha: {} } as const;

function world(
  rules: readonly HaRuleDocument[],
  options: {
    version?: string;
    ha?: HaDocument;
    guests?: readonly GuestDocument[];
    crs?: Record<string, string | number>;
  } = {},
): Cluster {
  return createWorld({
    cluster: { name: 'lab', version: options.version ?? '9.1' },
    guests: options.guests ?? [
      { ...HA_GUEST, vmid: 100, node: 'pve1' },
      { ...HA_GUEST, vmid: 101, node: 'pve1' },
      { ...HA_GUEST, vmid: 102, node: 'pve2' },
    ],
    ha: options.ha ?? { rules },
    ...(options.crs ? { options: { crs: options.crs } } : {}),
  });
}

function where(cluster: Cluster): string[] {
  return [...cluster.guests.values()].map((guest) => guest.node);
}

function states(cluster: Cluster): (string | undefined)[] {
  return [...cluster.guests.values()].map((guest) => guest.service?.state);
}

/** Types of the tasks that HA started. */
function workers(cluster: Cluster): string[] {
  return cluster.tasks.all().flatMap((task) => (task.user === 'root@pam' ? [`${task.type} ${task.id}`] : []));
}

describe('simulated HA moves', () => {
  it('begin 10 to 30 s after they were queued, and end with the service started on the target', () => {
    for (const offset of [0, 3, 7, 9.5]) {
      const cluster = world([]);
      wait(cluster, offset);
      const queued = cluster.now();
      migrate(cluster, 100, 'pve3');
      while (workers(cluster).length === 0) wait(cluster, 1);
      expect((cluster.now() - queued) / 1000).to.be.within(10, 30);
      expect(guestOf(cluster, 100).service?.state).to.equal('migrate');
      wait(cluster, 40);
      expect([where(cluster)[0], states(cluster)[0]]).to.deep.equal(['pve3', 'started']);
    }
  });

  it('bring the guest back as started when the migration fails', () => {
    const cluster = world([]);
    cluster.plannedFailures.set(100, { exitStatus: 'migration problems', reason: 'x' });
    migrate(cluster, 100, 'pve3');
    wait(cluster, 60);
    expect([where(cluster)[0], states(cluster)[0]]).to.deep.equal(['pve1', 'started']);
  });

  it('are at most four at a time from one node', () => {
    const guests = Array.from({ length: 6 }, (_, index) => ({
      ...HA_GUEST,
      vmid: 100 + index,
      node: 'pve1',
    }));
    const cluster = world([], { guests });
    for (const { vmid } of guests) migrate(cluster, vmid, 'pve2');
    wait(cluster, 21);
    expect(workers(cluster)).to.have.length(4);
    wait(cluster, 60);
    expect(new Set(where(cluster))).to.deep.equal(new Set(['pve2']));
  });

  it('of containers stop and start them again', () => {
    const cluster = world([], { guests: [{ ...HA_GUEST, type: 'lxc', vmid: 200, node: 'pve1' }] });
    migrate(cluster, 200, 'pve2');
    wait(cluster, 21);
    expect(states(cluster)).to.deep.equal(['relocate']);
    wait(cluster, 60);
    expect([where(cluster)[0], guestOf(cluster, 200).status, states(cluster)[0]]).to.deep.equal([
      'pve2',
      'running',
      'started',
    ]);
  });

  it('take positive partners along', () => {
    const cluster = world([
      { name: 'together', type: 'resource-affinity', affinity: 'positive', resources: ['vm:100', 'vm:101'] },
    ]);
    migrate(cluster, 100, 'pve3');
    wait(cluster, 90);
    expect(where(cluster)).to.deep.equal(['pve3', 'pve3', 'pve2']);
    expect(workers(cluster)).to.have.members(['qmigrate 100', 'qmigrate 101']);
  });

  it('are refused where a negative partner is, by 9.x at once and by 8.4 without a word', () => {
    const rule: HaRuleDocument = {
      name: 'apart',
      type: 'resource-affinity',
      affinity: 'negative',
      resources: ['vm:100', 'vm:102'],
    };
    const cluster = world([rule]);
    const task = migrate(cluster, 100, 'pve2');
    wait(cluster, 60);
    expect(task.exitStatus).to.equal("command 'ha-manager migrate vm:100 pve2' failed: exit code 255");
    expect(where(cluster)[0]).to.equal('pve1');

    const old = world([], { version: '8.4' });
    old.node('pve2').maintenanceMode = true;
    wait(old, 10);
    const dropped = migrate(old, 100, 'pve2');
    wait(old, 60);
    expect([dropped.exitStatus, where(old)[0]]).to.deep.equal(['OK', 'pve1']);
  });

  it('outside a node affinity rule are carried out and undone in the next round, for soft rules as well', () => {
    for (const strict of [true, false]) {
      const cluster = world([
        { name: 'home', type: 'node-affinity', resources: ['vm:100'], nodes: ['pve1:2', 'pve2:1'], strict },
      ]);
      const task = migrate(cluster, 100, 'pve3');
      wait(cluster, 35);
      expect([task.exitStatus, where(cluster)[0]]).to.deep.equal(['OK', 'pve3']);
      wait(cluster, 60);
      expect([where(cluster)[0], states(cluster)[0]]).to.deep.equal(['pve1', 'started']);
      expect(workers(cluster)).to.deep.equal(['qmigrate 100', 'qmigrate 100']);
    }
  });

  it('to a node of lower priority stay where failback is off', () => {
    const rules: HaRuleDocument[] = [
      {
        name: 'home',
        type: 'node-affinity',
        resources: ['vm:100'],
        nodes: ['pve1:2', 'pve2:1'],
        strict: true,
      },
    ];
    const guests = [{ ...HA_GUEST, vmid: 100, node: 'pve1', ha: { failback: false } }];
    const cluster = world(rules, { guests });
    migrate(cluster, 100, 'pve2');
    wait(cluster, 120);
    expect(where(cluster)).to.deep.equal(['pve2']);
  });

  it('against node affinity are refused by 9.2', () => {
    const rules: HaRuleDocument[] = [
      {
        name: 'off',
        type: 'node-affinity',
        affinity: 'negative',
        resources: ['vm:100'],
        nodes: ['pve3'],
        strict: true,
      },
    ];
    const cluster = world(rules, { version: '9.2' });
    const refused = migrate(cluster, 100, 'pve3');
    wait(cluster, 5);
    const allowed = migrate(cluster, 100, 'pve2');
    wait(cluster, 60);
    expect([refused.exitStatus, allowed.exitStatus]).to.deep.equal([
      "command 'ha-manager migrate vm:100 pve3' failed: exit code 255",
      'OK',
    ]);
    expect(where(cluster)[0]).to.equal('pve2');
  });

  it('follow groups on 8.4, and rules only once every node has them', () => {
    const ha: HaDocument = {
      groups: [{ name: 'home', nodes: ['pve1:2', 'pve2:1'], restricted: true }],
      rules: [{ name: 'r', type: 'node-affinity', resources: ['vm:100'], nodes: ['pve3'], strict: true }],
    };
    const guests = [{ ...HA_GUEST, vmid: 100, node: 'pve1', ha: { group: 'home' } }];
    const old = world([], { version: '8.4', ha, guests });
    migrate(old, 100, 'pve2');
    wait(old, 35);
    expect(where(old)).to.deep.equal(['pve2']);
    wait(old, 60);
    expect(where(old)).to.deep.equal(['pve1']);
    const upgraded = world([], { ha, guests });
    wait(upgraded, 60);
    expect(where(upgraded)).to.deep.equal(['pve3']);
  });
});

describe('simulated HA nodes', () => {
  it('are emptied for maintenance and filled again after it', () => {
    const cluster = world([]);
    cluster.node('pve1').maintenanceMode = true;
    wait(cluster, 10);
    expect(cluster.node('pve1').haState).to.equal('maintenance');
    wait(cluster, 60);
    expect(where(cluster)).not.to.include('pve1');
    expect(guestOf(cluster, 100).service?.maintenanceNode).to.equal('pve1');
    cluster.node('pve1').maintenanceMode = false;
    wait(cluster, 90);
    expect(where(cluster)).to.deep.equal(['pve1', 'pve1', 'pve2']);
    expect(guestOf(cluster, 100).service?.maintenanceNode).to.equal(undefined);
  });

  it('that are gone are unknown, fenced after a minute, and lose their services to the others', () => {
    const cluster = world([]);
    const node = cluster.node('pve1');
    const interrupted = new Map();
    wait(cluster, 5);
    turnOff(cluster, node, interrupted);
    wait(cluster, 10);
    expect([node.haState, states(cluster)[0]]).to.deep.equal(['unknown', 'started']);
    wait(cluster, 60);
    expect([node.haState, states(cluster)[0], where(cluster)[0]]).to.deep.equal(['fence', 'fence', 'pve1']);
    wait(cluster, 90);
    expect(where(cluster)).not.to.include('pve1');
    expect(states(cluster)).to.deep.equal(['started', 'started', 'started']);
    expect(guestOf(cluster, 100).status).to.equal('running');
    turnOn(cluster, node, interrupted);
    wait(cluster, 30);
    expect([node.haState, where(cluster).includes('pve1')]).to.deep.equal(['online', false]);
  });

  it('start their services again when they come back before they were fenced', () => {
    const cluster = world([]);
    const interrupted = new Map();
    turnOff(cluster, cluster.node('pve1'), interrupted);
    wait(cluster, 30);
    turnOn(cluster, cluster.node('pve1'), interrupted);
    wait(cluster, 20);
    expect(where(cluster)).to.deep.equal(['pve1', 'pve1', 'pve2']);
    expect(guestOf(cluster, 100).status).to.equal('running');
  });

  it('decide nothing without quorum', () => {
    const cluster = world([]);
    cluster.forceQuorum(false);
    cluster.node('pve1').maintenanceMode = true;
    wait(cluster, 120);
    expect([cluster.node('pve1').haState, where(cluster)[0]]).to.deep.equal(['online', 'pve1']);
  });
});

describe('simulated HA', () => {
  it('moves nothing while it is disarmed, and leaves what it ignores to others', () => {
    const frozen = world([], { version: '9.2' });
    frozen.ha.disarmed = 'freeze';
    wait(frozen, 20);
    expect(states(frozen)).to.deep.equal(['freeze', 'freeze', 'freeze']);
    frozen.ha.disarmed = undefined;
    wait(frozen, 20);
    expect(states(frozen)).to.deep.equal(['started', 'started', 'started']);
    const ignoring = world([], { version: '9.2' });
    ignoring.ha.disarmed = 'ignore';
    expect(migrate(ignoring, 100, 'pve2').type).to.equal('qmigrate');
  });

  it('leaves a resource that it is to ignore to others, and stops one that is to be stopped', () => {
    const cluster = world([], {
      guests: [
        { ...HA_GUEST, vmid: 100, node: 'pve1', ha: { state: 'ignored' } },
        { ...HA_GUEST, vmid: 101, node: 'pve1', ha: { state: 'stopped' }, haState: 'started' },
      ],
    });
    expect(migrate(cluster, 100, 'pve2').type).to.equal('qmigrate');
    wait(cluster, 60);
    expect([guestOf(cluster, 101).status, states(cluster)[1]]).to.deep.equal(['stopped', 'stopped']);
  });

  it('refuses a service in error', () => {
    const cluster = world([], { guests: [{ ...HA_GUEST, vmid: 100, node: 'pve1', haState: 'error' }] });
    const task = migrate(cluster, 100, 'pve2');
    wait(cluster, 60);
    expect(task.exitStatus).to.match(/exit code 255$/);
    expect([where(cluster)[0], states(cluster)[0]]).to.deep.equal(['pve1', 'error']);
  });

  const heavy = { ...HA_GUEST, memory: '12Gi', demand: { cpu: 1.5, memory: '11Gi' } } as const;
  const skewed = [100, 101, 102, 103].map((vmid) => ({ ...heavy, vmid, node: 'pve1' }));

  it('balances on its own on 9.2 when told to, one move at a time, and stops when it is done', () => {
    const crs = { ha: 'dynamic', 'ha-auto-rebalance': 1, 'ha-auto-rebalance-hold-duration': 2 };
    const cluster = world([], { version: '9.2', guests: skewed, crs });
    let most = 0;
    for (let second = 0; second < 600; second += 5) {
      wait(cluster, 5);
      most = Math.max(most, cluster.tasks.running().length);
    }
    expect([...where(cluster)].sort()).to.deep.equal(['pve1', 'pve1', 'pve2', 'pve3']);
    expect([most, workers(cluster).length]).to.deep.equal([1, 2]);
  });

  it('does not balance on older releases, when not told to, or guests that are excepted', () => {
    const on = { ha: 'dynamic', 'ha-auto-rebalance': 1 };
    const excepted = skewed.map((guest) => ({ ...guest, ha: { autoRebalance: false } }));
    for (const options of [
      { version: '9.1', guests: skewed, crs: on },
      { version: '9.2', guests: skewed, crs: { ha: 'dynamic' } },
      { version: '9.2', guests: excepted, crs: on },
    ]) {
      const cluster = world([], options);
      wait(cluster, 600);
      expect(workers(cluster)).to.deep.equal([]);
    }
  });

  it('comes to rest whatever the rules are, every guest running on one node', () => {
    const node = fc.constantFrom('pve1', 'pve2', 'pve3');
    const resources = fc.uniqueArray(fc.constantFrom('vm:100', 'vm:101', 'vm:102'), { minLength: 2 });
    const rule: fc.Arbitrary<HaRuleDocument> = fc.oneof(
      fc.record({
        name: fc.constant('nodes'),
        type: fc.constant('node-affinity' as const),
        resources,
        nodes: fc.uniqueArray(node, { minLength: 1 }),
        strict: fc.boolean(),
      }),
      fc.record({
        name: fc.constant('resources'),
        type: fc.constant('resource-affinity' as const),
        resources,
        affinity: fc.constantFrom('positive' as const, 'negative' as const),
      }),
    );
    fc.assert(
      fc.property(
        rule,
        fc.array(fc.tuple(fc.constantFrom(100, 101, 102), node), { maxLength: 4 }),
        (one, moves) => {
          const cluster = world([one]);
          for (const [vmid, target] of moves) {
            if (guestOf(cluster, vmid).node !== target) migrate(cluster, vmid, target);
            wait(cluster, 25);
          }
          wait(cluster, 600);
          const tasks = cluster.tasks.all().length;
          wait(cluster, 300);
          expect(cluster.tasks.all()).to.have.length(tasks);
          expect(states(cluster)).to.deep.equal(['started', 'started', 'started']);
          expect([...cluster.guests.values()].map((guest) => guest.status)).to.deep.equal([
            'running',
            'running',
            'running',
          ]);
          expect(cluster.violations.filter((each) => !each.includes('overlap'))).to.deep.equal([]);
        },
      ),
      { numRuns: 60 },
    );
  });
});
