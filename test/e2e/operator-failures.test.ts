import { expect } from 'chai';
import type { StoredPolicy } from '../../src/controllers/resources.ts';
import { skewedCluster } from '../support/balance-scenario.ts';
import { type Lab, openLab } from '../support/lab.ts';
import { holdMigrateRequest } from '../support/operator-requests.ts';
import { waitFor } from '../support/wait-for.ts';

describe('a migration that comes to nothing', () => {
  let lab: Lab;

  before(async () => {
    lab = await openLab('failures');
    lab.startOperator();
  });

  after(() => lab.close());

  const outcomesOf = (status: StoredPolicy['status']) =>
    status?.history?.map(({ vmid, outcome }) => `${vmid} ${outcome}`);

  it('because its task failed is in the history as Failed, and the others go on; the history keeps to its limit', async () => {
    const cluster = await lab.addCluster('failed', skewedCluster('failed', { hotNodes: 2 }));
    cluster.simulator.control.failNextMigration(101, 'migration aborted', 'no space left on the moon');
    await lab.addPolicy('failed', {
      interval: '1h',
      historyLimit: 2,
      // One after the other, so that the second one begins after the failure.
      migration: { containers: 'Restart', concurrency: { total: 1 } },
    });
    const { status } = await lab.policyWhen(
      'failed',
      'has ended both',
      (policy) => policy.status?.history?.length === 2,
    );
    expect(outcomesOf(status)).to.deep.equal(['201 Succeeded', '101 Failed']);
    expect(status?.totals).to.deep.equal({ succeeded: 1, failed: 1 });
    const [, failure] = status?.history ?? [];
    expect(failure?.message).to.include('migration aborted').and.to.include('no space left on the moon');
    expect(failure?.upid).to.equal(cluster.migrations()[0]?.upid);

    await lab.requestRun('failed');
    const balanced = await lab.policyWhen('failed', 'has balanced the cluster', (policy) => {
      return policy.status?.totals?.succeeded === 2;
    });
    // The one that failed is left alone for a while.
    expect(outcomesOf(balanced.status)).to.deep.equal(['102 Succeeded', '201 Succeeded']);
    expect(balanced.status?.totals).to.deep.equal({ succeeded: 2, failed: 1 });
    expect(cluster.migrateRequests()).to.equal(3);
    expect(cluster.simulator.cluster.violations()).to.deep.equal([]);
  });

  it('because Proxmox refused it is in the history as Refused, with what Proxmox said', async () => {
    const cluster = await lab.addCluster('refused', skewedCluster('refused'));
    const request = holdMigrateRequest(cluster.proxy, 101);
    await lab.addPolicy('refused', { interval: '1h', maxMigrations: 1 });
    const held = await request;
    // Between the last look at the guest and the request.
    cluster.simulator.control.lockGuest(101, 'backup');
    await held.release();
    const { status } = await lab.policyWhen(
      'refused',
      'has ended',
      (policy) => policy.status?.history?.length === 1,
    );
    const [entry] = status?.history ?? [];
    expect(entry).to.deep.include({ vmid: 101, outcome: 'Refused' });
    expect(entry?.message).to.include('VM is locked (backup)');
    expect(entry).to.not.have.property('upid');
    expect(status?.totals).to.deep.equal({ succeeded: 0, failed: 1 });
    expect(cluster.migrations()).to.deep.equal([]);
    expect(cluster.migrateRequests()).to.equal(1);
  });

  it('is a warning among the events', async () => {
    const fields = ['get', 'events.events.k8s.io', '--field-selector', 'type=Warning', '--output'];
    await waitFor(
      'warnings of both',
      () => lab.kubectl([...fields, 'jsonpath={range .items[*]}{.reason} {.note}{"\\n"}{end}']),
      (text) => /MigrationFailed qemu\/101 .*moon/.test(text) && /MigrationRefused .*backup/.test(text),
    );
  });
});
