import { expect } from 'chai';
import { BALANCE_POLICIES, type StoredPolicy } from '../../src/controllers/resources.ts';
import { skewedCluster } from '../support/balance-scenario.ts';
import { type Lab, openLab } from '../support/lab.ts';
import { isObserved, type PolicySpec, stateOf } from '../support/lab-objects.ts';

/** Until a migration at 2Mi a second is over. */
const AN_HOUR_MS = 3_660_000;

describe('the operator does what a policy says:', () => {
  let lab: Lab;

  before(async () => {
    lab = await openLab('settings');
    lab.startOperator();
  });

  after(() => lab.close());

  const changeSpec = (name: string, spec: object) => lab.patch(BALANCE_POLICIES, name, { spec });
  const plannedMoves = ({ status }: StoredPolicy) =>
    (status?.plan?.migrations ?? []).map(({ vmid, target }) => `${vmid} ${target}`);

  async function evaluateAgain(name: string): Promise<StoredPolicy> {
    const request = await lab.requestRun(name);
    return lab.policyWhen(
      name,
      'was evaluated on request',
      ({ status }) => status?.lastHandledReconcileAt === request,
    );
  }

  it('DryRun plans and moves nothing, and a changed spec is taken up at once', async () => {
    const cluster = await lab.addCluster('dry', skewedCluster('dry'));
    await lab.addPolicy('dry', { mode: 'DryRun', interval: '1h' });
    const first = await lab.policyWhen('dry', 'has a plan', ({ status }) => status?.plan !== undefined);
    expect([stateOf(first, 'Ready'), stateOf(first, 'Balanced')]).to.deep.equal([
      'True DryRun',
      'False Imbalanced',
    ]);
    expect(plannedMoves(first)).to.deep.equal(['101 pve2']);
    const second = await evaluateAgain('dry');
    expect(plannedMoves(second)).to.deep.equal(['101 pve2']);
    expect(second.status?.history ?? []).to.deep.equal([]);
    expect(cluster.migrateRequests()).to.equal(0);

    await changeSpec('dry', { tolerance: '100%' });
    const tolerant = await lab.policyWhen('dry', 'tolerates this', isObserved);
    expect([stateOf(tolerant, 'Ready'), stateOf(tolerant, 'Balanced')]).to.deep.equal([
      'True DryRun',
      'True Balanced',
    ]);
    expect(tolerant.status?.imbalance?.tolerance).to.equal('100.0%');
    expect(plannedMoves(tolerant)).to.deep.equal([]);
    expect(cluster.migrateRequests()).to.equal(0);

    await changeSpec('dry', { tolerance: '20%', mode: 'Automatic' });
    await lab.policyWhen('dry', 'has migrated', ({ status }) => status?.totals?.succeeded === 1);
    expect(cluster.simulator.cluster.nodeOf(101)).to.equal('pve2');
  });

  it('suspend holds what is to come, follows what is under way, and ends when it is taken back', async () => {
    const scenario = skewedCluster('suspended', { hotNodes: 2, migrationBandwidth: '2Mi' });
    const cluster = await lab.addCluster('suspended', scenario);
    const migration = { containers: 'Restart', concurrency: { total: 1 } } as const;
    await lab.addPolicy('suspended', { interval: '1h', migration });
    await lab.policyWhen(
      'suspended',
      'is migrating',
      ({ status }) => status?.migrations?.[0]?.upid !== undefined,
    );

    await changeSpec('suspended', { suspend: true });
    cluster.clock.leap(AN_HOUR_MS);
    const held = await lab.policyWhen(
      'suspended',
      'is suspended',
      (policy) => stateOf(policy, 'Ready') === 'True Suspended',
    );
    expect(held.status?.history?.map(({ vmid, outcome }) => `${vmid} ${outcome}`)).to.deep.equal([
      '101 Succeeded',
    ]);
    await evaluateAgain('suspended');
    expect(cluster.migrateRequests()).to.equal(1);

    await changeSpec('suspended', { suspend: false, tolerance: '10%' });
    await lab.policyWhen('suspended', 'goes on', ({ status }) => status?.totals?.succeeded === 2);
    expect(cluster.simulator.cluster.nodeOf(201)).to.not.equal('pve2');
  });

  describe('exclusions hold:', () => {
    const containers = { containers: 'Restart' } as const;
    const cases: readonly { name: string; spec: PolicySpec; moves: readonly string[] }[] = [
      { name: 'none', spec: {}, moves: ['101 pve3', '201 pve4'] },
      { name: 'vmids', spec: { exclusions: { vmids: [101] } }, moves: ['102 pve3', '201 pve4'] },
      { name: 'tags', spec: { exclusions: { tags: ['pinned-*'] } }, moves: ['102 pve3', '201 pve4'] },
      { name: 'pools', spec: { exclusions: { pools: ['pr?d'] } }, moves: ['102 pve3', '201 pve4'] },
      { name: 'types', spec: { exclusions: { types: ['lxc'] } }, moves: ['101 pve3', '202 pve4'] },
      { name: 'nodes', spec: { exclusions: { nodes: ['pve3'] } }, moves: ['101 pve4', '201 pve5'] },
    ];

    before(async () => {
      const pinned = {
        vmid: 101,
        name: 'guest-101',
        type: 'qemu',
        node: 'pve1',
        cpus: 4,
        memory: '16Gi',
        demand: { cpu: 0.5, memory: '7Gi' },
        tags: ['web', 'pinned-rack-1'],
        pool: 'prod',
      } as const;
      const scenario = skewedCluster('exclusions', { hotNodes: 2, guests: [pinned], pools: ['prod'] });
      await lab.addCluster('exclusions', scenario);
      for (const { name, spec } of cases) {
        const common = {
          cluster: 'exclusions',
          mode: 'DryRun',
          interval: '1h',
          migration: containers,
        } as const;
        await lab.addPolicy(`without-${name}`, { ...common, ...spec });
      }
    });

    for (const { name, moves } of cases) {
      it(`of ${name}`, async () => {
        const policy = await lab.policyWhen(
          `without-${name}`,
          'has a plan',
          ({ status }) => status?.plan !== undefined,
        );
        expect(plannedMoves(policy)).to.deep.equal(moves);
      });
    }

    it('when guests are migrated, too', async () => {
      const cluster = await lab.addCluster('excluded', skewedCluster('excluded'));
      await lab.addPolicy('excluded', { interval: '1h', exclusions: { vmids: [101], nodes: ['pve2'] } });
      await lab.policyWhen('excluded', 'has migrated', ({ status }) => status?.totals?.succeeded === 1);
      const moves = cluster.migrations().map(({ vmid, target }) => `${vmid} ${target}`);
      expect(moves).to.deep.equal(['102 pve3']);
    });
  });
});
