import { expect } from 'chai';
import { BALANCE_POLICIES, FIELD_MANAGER, type StoredPolicy } from '../../src/controllers/resources.ts';
import { writeStatus } from '../../src/kubernetes/status-writer.ts';
import { isOperatorError } from '../../src/lib/errors.ts';
import { skewedCluster } from '../support/balance-scenario.ts';
import { type Lab, openLab } from '../support/lab.ts';
import type { LabCluster } from '../support/lab-cluster.ts';
import { holdIntent, holdMigrateRequest, holdOutcome, holdTaskRecord } from '../support/operator-requests.ts';
import { waitFor } from '../support/wait-for.ts';
import { connectAsAdmin } from '../support/widget-crd.ts';

const never = new AbortController().signal;

describe('when somebody else writes a policy at the same time, the operator', () => {
  let lab: Lab;

  before(async () => {
    lab = await openLab('conflicts');
    lab.startOperator();
  });

  after(() => lab.close());

  async function addCluster(name: string): Promise<LabCluster> {
    return lab.addCluster(name, skewedCluster(name));
  }

  const addPolicy = (name: string) => lab.addPolicy(name, { maxMigrations: 1, interval: '1h' });

  /** Makes every write that was computed before it a stale one. */
  const touch = (name: string) =>
    lab.patch(BALANCE_POLICIES, name, { metadata: { annotations: { touched: String(Date.now()) } } });

  async function expectOneMigration(name: string, cluster: LabCluster): Promise<void> {
    const { status } = await lab.policyWhen(
      name,
      'has settled',
      (policy) => policy.status?.migrations?.length === 0 && policy.status.history?.length !== 0,
    );
    expect(status?.history?.map(({ vmid, outcome }) => [vmid, outcome])).to.deep.equal([[101, 'Succeeded']]);
    expect(status?.totals).to.deep.equal({ succeeded: 1, failed: 0 });
    expect(cluster.migrateRequests()).to.equal(1);
    expect(cluster.simulator.cluster.violations()).to.deep.equal([]);
  }

  it('sends no request whose intent was not stored', async () => {
    const cluster = await addCluster('intent');
    const first = holdIntent(lab.proxy, 'intent');
    await addPolicy('intent');
    const stale = await first;
    await touch('intent');
    expect(await stale.forward()).to.equal(409);

    const second = holdIntent(lab.proxy, 'intent');
    await stale.release();
    const fresh = await second;
    expect(cluster.migrateRequests()).to.equal(0);
    expect((await lab.policy('intent')).status?.migrations ?? []).to.deep.equal([]);
    await fresh.release();
    await expectOneMigration('intent', cluster);
  });

  it('keeps the task and the outcome until they are stored', async () => {
    const cluster = await addCluster('task');
    const task = holdTaskRecord(lab.proxy, 'task');
    await addPolicy('task');
    const staleTask = await task;
    await touch('task');
    expect(await staleTask.forward()).to.equal(409);
    const outcome = holdOutcome(lab.proxy, 'task');
    await staleTask.release();

    const staleOutcome = await outcome;
    await touch('task');
    expect(await staleOutcome.forward()).to.equal(409);
    await staleOutcome.release();
    await expectOneMigration('task', cluster);
  });

  it('is not undone by a writer with an old copy', async () => {
    const cluster = await addCluster('stale');
    const intent = holdIntent(lab.proxy, 'stale');
    const request = holdMigrateRequest(cluster.proxy, 101);
    await addPolicy('stale');
    const heldIntent = await intent;
    const old = await lab.policy('stale');
    await heldIntent.release();
    const held = await request;
    const { client, kubeConfig } = connectAsAdmin(lab.controlPlane);
    const write = { client, kind: BALANCE_POLICIES, object: old, fieldManager: FIELD_MANAGER, signal: never };
    const error: unknown = await writeStatus<StoredPolicy>({ ...write, status: { inFlight: 0 } }).catch(
      (thrown: unknown) => thrown,
    );
    await kubeConfig.close();
    expect(isOperatorError(error, 'Conflict')).to.equal(true);
    expect((await lab.policy('stale')).status?.migrations?.map(({ vmid }) => vmid)).to.deep.equal([101]);
    await held.release();
    await expectOneMigration('stale', cluster);
  });

  it('and a second operator do no more than one does', async () => {
    const cluster = await addCluster('two');
    const other = lab.startOperator();
    await waitFor(
      'the second operator has begun its work',
      () => other.logs(),
      (lines) => lines.some(({ msg }) => msg === 'Called the Proxmox API'),
    );
    await addPolicy('two');
    await expectOneMigration('two', cluster);
    await other.stop();
  });
});
