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
    await lab.kubectl(['wait', '--for=condition=Balanced', 'bpol/lab', '--timeout=10s']);
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
