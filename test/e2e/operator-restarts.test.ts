import { expect } from 'chai';
import type { StoredPolicy } from '../../src/controllers/resources.ts';
import { skewedCluster } from '../support/balance-scenario.ts';
import { type Lab, openLab } from '../support/lab.ts';
import type { LabCluster } from '../support/lab-cluster.ts';
import type { OperatorProcess } from '../support/operator-process.ts';
import { holdMigrateRequest } from '../support/operator-requests.ts';
import { waitFor } from '../support/wait-for.ts';

/** Until a migration is over, and the statistics show it. */
const AN_HOUR_MS = 3_660_000;

describe('during a migration', () => {
  let lab: Lab;
  let operator: OperatorProcess;

  before(async () => {
    lab = await openLab('restarts');
    operator = lab.startOperator();
  });

  after(() => lab.close());

  async function add(name: string): Promise<LabCluster> {
    const cluster = await lab.addCluster(name, skewedCluster(name, { migrationBandwidth: '2Mi' }));
    await lab.addPolicy(name, { maxMigrations: 1, interval: '1h' });
    return cluster;
  }

  const isRunning = ({ status }: StoredPolicy) => status?.migrations?.[0]?.upid !== undefined;

  async function expectOneMigration(name: string, cluster: LabCluster): Promise<void> {
    const { status } = await lab.policyWhen(
      name,
      'has settled',
      (policy) => policy.status?.migrations?.length === 0 && policy.status.history?.length !== 0,
    );
    const upid = cluster.migrations()[0]?.upid;
    expect(status?.history?.map((entry) => [entry.upid, entry.outcome])).to.deep.equal([[upid, 'Succeeded']]);
    expect(status?.totals).to.deep.equal({ succeeded: 1, failed: 0 });
    expect(cluster.migrateRequests()).to.equal(1);
    expect(cluster.migrations()).to.have.length(1);
  }

  it('the operator stops on SIGTERM with exit code 0 once it wrote down what it began, and goes on later', async () => {
    const running = await add('running');
    await lab.policyWhen('running', 'is migrating', isRunning);
    const beginning = await startHeld('beginning');

    const stopped = operator.stop();
    await waitFor(
      'the operator has begun to stop',
      () => operator.logs(),
      (lines) => lines.some(({ msg }) => msg === 'Stopping operator'),
    );
    await beginning.request.release();
    expect(await stopped).to.equal(0);
    expect(operator.logs().at(-1)?.msg).to.equal('Stopped operator');
    expect(isRunning(await lab.policy('beginning'))).to.equal(true);
    expect(running.migrations()[0]?.exitStatus).to.equal(undefined);

    operator = lab.startOperator();
    for (const { clock } of [running, beginning.cluster]) clock.leap(AN_HOUR_MS);
    await expectOneMigration('running', running);
    await expectOneMigration('beginning', beginning.cluster);
  });

  it('the API server may go and come back: nothing is lost, nothing is done twice', async () => {
    const running = await add('kept');
    await lab.policyWhen('kept', 'is migrating', isRunning);
    const beginning = await startHeld('unwritten');

    await lab.killApiServer();
    // Now there is a task that nothing but the operator's memory knows of, and another one ends unseen.
    await beginning.request.release();
    await waitFor(
      'the task runs',
      () => beginning.cluster.migrations(),
      ({ length }) => length === 1,
    );
    running.clock.leap(AN_HOUR_MS);
    await lab.restartApiServer();

    await expectOneMigration('kept', running);
    beginning.cluster.clock.leap(AN_HOUR_MS);
    await expectOneMigration('unwritten', beginning.cluster);
    expect(operator.isRunning()).to.equal(true);
  });

  /** A migration whose request is on its way. */
  async function startHeld(name: string) {
    const scenario = skewedCluster(name, { migrationBandwidth: '2Mi' });
    const cluster = await lab.addCluster(name, scenario);
    const held = holdMigrateRequest(cluster.proxy, 101);
    await lab.addPolicy(name, { maxMigrations: 1, interval: '1h' });
    return { cluster, request: await held };
  }
});
