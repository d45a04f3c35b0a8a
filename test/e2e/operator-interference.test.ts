import { expect } from 'chai';
import { BALANCE_POLICIES, type StoredPolicy } from '../../src/controllers/resources.ts';
import { skewedCluster } from '../support/balance-scenario.ts';
import { type Lab, openLab } from '../support/lab.ts';
import type { LabCluster } from '../support/lab-cluster.ts';
import { stateOf } from '../support/lab-objects.ts';
import type { OperatorProcess } from '../support/operator-process.ts';
import { waitFor } from '../support/wait-for.ts';

/** Until a migration is over, and the statistics show it. */
const AN_HOUR_MS = 3_660_000;

describe('when a user interferes with a migration', () => {
  let lab: Lab;
  let operator: OperatorProcess;

  before(async () => {
    lab = await openLab('interference');
    operator = lab.startOperator();
  });

  after(() => lab.close());

  const isRunning = ({ status }: StoredPolicy) => status?.migrations?.[0]?.upid !== undefined;

  /** Fails where the operator writes at the same moment. */
  async function wipeStatus(name: string): Promise<string> {
    const { status: _, ...wiped } = await lab.policy(name);
    return lab.kubectl(['replace', '--subresource=status', '--filename=-'], JSON.stringify(wiped));
  }

  async function startMigration(name: string, hotNodes: 1 | 2): Promise<LabCluster> {
    const scenario = skewedCluster(name, { hotNodes, migrationBandwidth: '2Mi' });
    const cluster = await lab.addCluster(name, scenario);
    // Of two planned migrations one is to come when the first is under way.
    const migration = { containers: 'Restart', concurrency: { total: 1 } } as const;
    await lab.addPolicy(name, { interval: '1h', migration });
    await lab.policyWhen(name, 'is migrating', isRunning);
    return cluster;
  }

  it('and wipes the status, the running migration is adopted and no other is made of it', async () => {
    const cluster = await startMigration('wiped', 1);
    const [task] = cluster.migrations();
    await waitFor('the status is wiped', () => wipeStatus('wiped'), Boolean);

    const adopted = await lab.policyWhen('wiped', 'has adopted the task', isRunning);
    const entries = adopted.status?.migrations ?? [];
    expect(
      entries.map(({ vmid, type, name, source, target, state, upid }) => {
        return { vmid, type, name, source, target, state, upid };
      }),
    ).to.deep.equal([
      {
        vmid: 101,
        type: 'qemu',
        name: 'guest-101',
        source: 'pve1',
        target: 'pve2',
        state: 'Running',
        upid: task?.upid,
      },
    ]);
    cluster.clock.leap(AN_HOUR_MS);
    const settled = await lab.policyWhen('wiped', 'has balanced the cluster', (policy) => {
      return stateOf(policy, 'Balanced') === 'True Balanced';
    });
    const history = settled.status?.history ?? [];
    expect(history.map(({ upid, outcome }) => [upid, outcome])).to.deep.equal([[task?.upid, 'Succeeded']]);
    expect(settled.status?.totals).to.deep.equal({ succeeded: 1, failed: 0 });
    expect(cluster.migrateRequests()).to.equal(1);
  });

  it('and deletes the policy, its task runs on, nothing more starts, and the operator works on', async () => {
    const cluster = await startMigration('deleted', 2);
    await lab.delete(BALANCE_POLICIES, 'deleted');
    await lab.addPolicy('watching', { cluster: 'deleted', mode: 'DryRun' });
    await lab.policyWhen('watching', 'was evaluated', (policy) => stateOf(policy, 'Ready') === 'True DryRun');
    expect(cluster.migrations().map(({ vmid, exitStatus }) => [vmid, exitStatus])).to.deep.equal([
      [101, undefined],
    ]);

    cluster.clock.leap(AN_HOUR_MS);
    await lab.requestRun('watching');
    const { status } = await lab.policyWhen('watching', 'sees the guest moved', (policy) =>
      Boolean(policy.status?.nodes?.some(({ name, guests }) => name === 'pve1' && guests === 2)),
    );
    expect(status?.inFlight).to.equal(0);
    expect(cluster.migrateRequests()).to.equal(1);
    expect(cluster.migrations().map(({ vmid, exitStatus }) => [vmid, exitStatus])).to.deep.equal([
      [101, 'OK'],
    ]);
    expect(operator.isRunning()).to.equal(true);
  });
});
