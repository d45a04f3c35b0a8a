import { expect } from 'chai';
import type { StoredPolicy } from '../../src/controllers/resources.ts';
import { skewedCluster } from '../support/balance-scenario.ts';
import { type Lab, openLab } from '../support/lab.ts';
import type { LabCluster } from '../support/lab-cluster.ts';
import { holdMigrateRequest, holdOutcome } from '../support/operator-requests.ts';

/** For so long that a task is still running when the test has done something else. */
const AN_HOUR_OF_TRANSFER = '2Mi';

// One operator, killed once: at that moment each policy is at another point of its one migration.
describe('the operator, killed with SIGKILL and started again,', () => {
  let lab: Lab;
  let notSent: LabCluster;
  let sent: LabCluster;
  let ended: LabCluster;
  let recorded: LabCluster;

  before(async () => {
    lab = await openLab('killed');
    notSent = await addClusterAndPolicy('not-sent');
    sent = await addClusterAndPolicy('sent', AN_HOUR_OF_TRANSFER);
    ended = await addClusterAndPolicy('ended');
    recorded = await addClusterAndPolicy('recorded');
    const holds = Promise.all([
      holdMigrateRequest(notSent.proxy, 101),
      holdMigrateRequest(sent.proxy, 101),
      holdOutcome(lab.proxy, 'ended'),
      holdOutcome(lab.proxy, 'recorded'),
    ]);
    const operator = lab.startOperator();
    const [notSentRequest, sentRequest, , recordedWrite] = await holds;
    expect(await sentRequest.forward()).to.equal(200);
    expect(await recordedWrite.forward()).to.equal(200);
    await operator.kill();
    notSentRequest.cut();
    await expectStoppedInTime();
    lab.startOperator();
  });

  after(() => lab.close());

  async function addClusterAndPolicy(name: string, migrationBandwidth?: string): Promise<LabCluster> {
    const options = migrationBandwidth === undefined ? {} : { migrationBandwidth };
    const cluster = await lab.addCluster(name, skewedCluster(name, options));
    // One evaluation, one migration: whatever else there is in the end is one too many.
    await lab.addPolicy(name, { maxMigrations: 1, interval: '1h' });
    return cluster;
  }

  const entriesOf = ({ status }: StoredPolicy) =>
    (status?.migrations ?? []).map(({ vmid, state, upid }) => ({ vmid, state, known: upid !== undefined }));

  const isSettled = ({ status }: StoredPolicy) =>
    status?.migrations?.length === 0 && status.history !== undefined && status.history.length > 0;

  /** That each was stopped at its point, lest the tests prove nothing. */
  async function expectStoppedInTime(): Promise<void> {
    const pending = [{ vmid: 101, state: 'Pending', known: false }];
    expect(entriesOf(await lab.policy('not-sent'))).to.deep.equal(pending);
    expect(notSent.migrateRequests()).to.equal(0);
    expect(entriesOf(await lab.policy('sent'))).to.deep.equal(pending);
    expect(sent.migrations().map(({ exitStatus }) => exitStatus)).to.deep.equal([undefined]);
    const running = [{ vmid: 101, state: 'Running', known: true }];
    expect(entriesOf(await lab.policy('ended'))).to.deep.equal(running);
    expect(ended.migrations().map(({ exitStatus }) => exitStatus)).to.deep.equal(['OK']);
    expect(isSettled(await lab.policy('recorded'))).to.equal(true);
  }

  async function expectOneOutcome(name: string, outcome: string): Promise<StoredPolicy> {
    const policy = await lab.policyWhen(name, 'has settled', isSettled);
    const history = policy.status?.history ?? [];
    expect(history.map((entry) => [entry.vmid, entry.outcome])).to.deep.equal([[101, outcome]]);
    return policy;
  }

  function expectOneTask(cluster: LabCluster): void {
    expect(cluster.migrateRequests()).to.equal(1);
    expect(cluster.migrations().map(({ vmid, exitStatus }) => [vmid, exitStatus])).to.deep.equal([
      [101, 'OK'],
    ]);
    expect(cluster.simulator.cluster.violations()).to.deep.equal([]);
  }

  it('after the intent, before the request: has not started, and does not start it', async () => {
    notSent.clock.leap(120_000);
    const { status } = await expectOneOutcome('not-sent', 'NotStarted');
    expect(notSent.migrateRequests()).to.equal(0);
    expect(notSent.simulator.cluster.nodeOf(101)).to.equal('pve1');
    expect(status?.totals).to.deep.equal({ succeeded: 0, failed: 0 });
  });

  it('after the request, before its task was written down: finds the task and follows it to its end', async () => {
    const upid = sent.migrations()[0]?.upid;
    const running = await lab.policyWhen(
      'sent',
      'has its task',
      ({ status }) => status?.migrations?.[0]?.upid !== undefined,
    );
    expect(running.status?.migrations?.[0]).to.deep.include({ upid, state: 'Running' });
    sent.clock.leap(3_600_000);
    const { status } = await expectOneOutcome('sent', 'Succeeded');
    expect(status?.history?.[0]?.upid).to.equal(upid);
    expectOneTask(sent);
  });

  it('after the end, before it was written down: writes it down once', async () => {
    const { status } = await expectOneOutcome('ended', 'Succeeded');
    expect(status?.totals).to.deep.equal({ succeeded: 1, failed: 0 });
    expectOneTask(ended);
  });

  it('after the end was written down, before it knew: does not write it down again', async () => {
    const { status } = await expectOneOutcome('recorded', 'Succeeded');
    expect(status?.totals).to.deep.equal({ succeeded: 1, failed: 0 });
    expectOneTask(recorded);
  });
});
