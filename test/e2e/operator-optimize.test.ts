import { expect } from 'chai';
import type {
  GuestDocument,
  JudgeDocument,
  ScenarioDocument,
} from '../../src/simulator/scenario/document.ts';
import { skewedCluster } from '../support/balance-scenario.ts';
import { type Lab, openLab } from '../support/lab.ts';
import type { LabCluster } from '../support/lab-cluster.ts';
import { type PolicySpec, stateOf } from '../support/lab-objects.ts';

const TOLERANCE = 0.25;

function guest(
  vmid: number,
  cpu: number,
  memory: string,
  traits: Partial<GuestDocument> = {},
): GuestDocument {
  const node = `pve${Math.floor(vmid / 100)}`;
  const usual = { type: 'qemu', name: `guest-${vmid}`, node, cpus: 4, memory: '16Gi' } as const;
  return { vmid, ...usual, demand: { cpu, memory }, ...traits };
}

/** pve1 has too much to compute, pve2 too much memory in use, and pve5 is to be emptied. */
const GUESTS: readonly GuestDocument[] = [
  ...[101, 104].map((vmid) => guest(vmid, 3, '1Gi')),
  ...[102, 103].map((vmid) => guest(vmid, 3, '1Gi', { tags: ['replica'] })),
  ...[201, 202, 203].map((vmid) => guest(vmid, 0.3, '8Gi')),
  ...[301, 302].map((vmid) => guest(vmid, 0.3, '1Gi')),
  guest(401, 0.3, '2Gi'),
  guest(501, 0.5, '6Gi'),
  guest(502, 1, '1Gi'),
  guest(503, 1, '1Gi', { status: 'stopped' }),
  guest(504, 1, '1Gi', { status: 'stopped', type: 'lxc' }),
];

const PLACEMENT: PolicySpec['placement'] = {
  rules: [
    { name: 'db', type: 'AntiAffinity', guests: { vmids: [101, 301] } },
    { name: 'web', type: 'Affinity', guests: { vmids: [301, 302] } },
    { name: 'licensed', type: 'Pin', guests: { vmids: [401] }, nodes: ['pve4'] },
    // Broken to begin with.
    { name: 'replicas', type: 'AntiAffinity', guests: { tags: ['replica'] } },
  ],
  drainNodes: ['pve5'],
  reserve: { memory: '10%' },
};

/** The same in the simulator's own words. */
const JUDGE: JudgeDocument = {
  rules: [
    { name: 'db', type: 'apart', guests: [101, 301] },
    { name: 'web', type: 'together', guests: [301, 302] },
    { name: 'licensed', type: 'on', guests: [401], nodes: ['pve4'] },
    { name: 'replicas', type: 'apart', guests: [102, 103] },
  ],
  drained: ['pve5'],
  memoryReserve: 0.1,
};

function scenario(name: string): ScenarioDocument {
  const nodes = [1, 2, 3, 4, 5].map((each) => ({
    name: `pve${each}`,
    cpus: 16,
    memory: '32Gi',
    uptime: '10h',
  }));
  return { ...skewedCluster(name), nodes, guests: GUESTS, judge: JUDGE };
}

/** Between the fullest and the emptiest of the nodes that are not drained, as they are. */
function spreads({ simulator }: LabCluster): readonly number[] {
  const nodes = simulator.cluster.nodes().filter(({ name }) => name !== 'pve5');
  const shares = [
    nodes.map(({ cpu }) => cpu),
    nodes.map(({ memoryUsedBytes, memoryTotalBytes }) => memoryUsedBytes / memoryTotalBytes),
  ];
  return shares.map((each) => Math.max(...each) - Math.min(...each));
}

describe('the operator with the strategy Optimize', () => {
  let lab: Lab;

  before(async () => {
    lab = await openLab('optimize');
    lab.startOperator();
  });

  after(() => lab.close());

  it('restores rules, drains a node and evens out two resources, without a wrong moment', async () => {
    const pve = await lab.addCluster('lab', scenario('lab'));
    for (const spread of spreads(pve)) expect(spread).to.be.above(TOLERANCE);
    await lab.addPolicy('lab', {
      strategy: 'Optimize',
      tolerance: '25%',
      maxMigrations: 20,
      migration: { concurrency: { total: 4, perNode: 2 } },
      placement: PLACEMENT,
    });
    const policy = await lab.policyWhen(
      'lab',
      'is balanced',
      (each) => stateOf(each, 'Balanced') === 'True Balanced',
    );

    const { cluster } = pve.simulator;
    expect(cluster.violations()).to.deep.equal([]);
    expect(cluster.guests().filter(({ node }) => node === 'pve5')).to.deep.equal([]);
    for (const spread of spreads(pve)) expect(spread).to.be.at.most(TOLERANCE + 0.01);
    expect(cluster.nodeOf(102)).to.not.equal(cluster.nodeOf(103));
    expect(cluster.nodeOf(101)).to.not.equal(cluster.nodeOf(301));
    expect(cluster.nodeOf(301)).to.equal(cluster.nodeOf(302));
    expect(cluster.nodeOf(401)).to.equal('pve4');

    const { imbalance, history = [], conditions } = policy.status ?? {};
    expect(imbalance?.unmet).to.equal(0);
    expect(imbalance?.resources?.map(({ name }) => name)).to.deep.equal(['cpu', 'memory']);
    expect(history.map(({ outcome }) => outcome)).to.deep.equal(history.map(() => 'Succeeded'));
    expect(pve.migrateRequests()).to.equal(history.length);
    expect(conditions?.find(({ type }) => type === 'Stalled')).to.equal(undefined);
    await lab.kubectl(['wait', '--for=condition=Balanced', 'bpol/lab', '--timeout=60s']);
  });

  it('moves VMs and a container that HA keeps together by one request, and counts all of them', async () => {
    const ha = { state: 'started' } as const;
    const pve = await lab.addCluster('together', {
      ...skewedCluster('together'),
      cluster: { name: 'together', version: '9.1' },
      guests: [
        guest(101, 0.3, '10Gi'),
        guest(102, 0.3, '3Gi', { ha }),
        guest(103, 0.3, '3Gi', { ha }),
        guest(104, 0.3, '3Gi', { ha, type: 'lxc' }),
        ...[201, 301, 401].map((vmid) => guest(vmid, 0.3, '7Gi')),
      ],
      ha: {
        rules: [
          {
            ...{ name: 'together', type: 'resource-affinity', affinity: 'positive' },
            resources: ['vm:102', 'vm:103', 'ct:104'],
          },
        ],
      },
      judge: { rules: [{ name: 'off', type: 'on', guests: [101], nodes: ['pve1'] }] },
    });
    await lab.addPolicy('together', {
      strategy: 'Optimize',
      tolerance: '35%',
      exclusions: { vmids: [101] },
      migration: { containers: 'Restart', concurrency: { total: 2, perNode: 1 } },
    });
    const policy = await lab.policyWhen(
      'together',
      'is balanced',
      (each) => stateOf(each, 'Balanced') === 'True Balanced',
    );

    const { cluster } = pve.simulator;
    expect(cluster.violations()).to.deep.equal([]);
    const target = cluster.nodeOf(102);
    expect(target).to.not.equal('pve1');
    expect([103, 104].map((vmid) => cluster.nodeOf(vmid))).to.deep.equal([target, target]);
    expect(pve.migrateRequests()).to.equal(1);
    const tasks = pve.migrations().map(({ type, vmid }) => `${type} ${vmid}`);
    expect(tasks).to.have.members(['hamigrate 102', 'qmigrate 102', 'qmigrate 103', 'vzmigrate 104']);
    const { history = [], cooldowns = [], totals } = policy.status ?? {};
    expect(history).to.have.lengthOf(1);
    expect(history[0]).to.deep.include({
      vmid: 102,
      outcome: 'Succeeded',
      message: `Migrated by HA with 103, 104, and started on ${target}.`,
      companions: [
        { vmid: 103, type: 'qemu', name: 'guest-103' },
        { vmid: 104, type: 'lxc', name: 'guest-104' },
      ],
    });
    expect(cooldowns.map(({ vmid }) => vmid)).to.have.members([102, 103, 104]);
    expect(totals).to.deep.equal({ succeeded: 1, failed: 0 });
  });

  it('goes on beside a rule that cannot be kept, and tells of it', async () => {
    const pve = await lab.addCluster('conflict', scenario('conflict'));
    await lab.addPolicy('conflict', {
      strategy: 'Optimize',
      tolerance: '100%',
      placement: {
        rules: [{ name: 'many', type: 'AntiAffinity', guests: { vmids: [101, 104, 201, 202, 203] } }],
        drainNodes: ['pve5'],
      },
    });
    const policy = await lab.policyWhen(
      'conflict',
      'is stalled and migrates',
      (each) => stateOf(each, 'Stalled') === 'True RuleConflict' && each.status?.history !== undefined,
    );
    const stalled = policy.status?.conditions?.find(({ type }) => type === 'Stalled');
    expect(stalled?.message).to.equal(
      "In spec.placement, rule 'many' keeps 5 guests apart, and there are 4 nodes for them.",
    );
    expect(pve.migrateRequests()).to.be.above(0);
  });
});
