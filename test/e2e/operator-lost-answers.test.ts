import { expect } from 'chai';
import type { StoredPolicy } from '../../src/controllers/resources.ts';
import { skewedCluster } from '../support/balance-scenario.ts';
import { type Lab, openLab } from '../support/lab.ts';
import type { LabCluster } from '../support/lab-cluster.ts';
import { holdMigrateRequest } from '../support/operator-requests.ts';

// Each answer is lost on a cluster of its own, all at the same time.
describe('a migrate request whose answer is lost is not sent again', () => {
  let lab: Lab;
  let cutBefore: LabCluster;
  let cutAfter: LabCluster;
  let hanging: LabCluster;
  let gateway: LabCluster;

  before(async () => {
    lab = await openLab('lost');
    cutBefore = await addClusterAndPolicy('cut-before');
    cutAfter = await addClusterAndPolicy('cut-after');
    hanging = await addClusterAndPolicy('hanging', { requestTimeout: '5s' });
    gateway = await addClusterAndPolicy('gateway');
    // Each as soon as it comes: how the operator fares with one of them must not wait for the others.
    const disturbed = Promise.all([
      holdMigrateRequest(cutBefore.proxy, 101).then((request) => request.cut()),
      holdMigrateRequest(cutAfter.proxy, 101).then(async (request) => {
        await request.forward();
        request.cut();
      }),
      holdMigrateRequest(hanging.proxy, 101).then((request) => request.forward()),
    ]);
    gateway.simulator.control.addFault({
      matches: { method: 'POST', path: /migrate$/ },
      effect: {
        kind: 'answer',
        status: 502,
        reason: 'Bad Gateway',
        contentType: 'text/html',
        body: '<html>Bad Gateway</html>',
      },
    });
    lab.startOperator();
    await disturbed;
  });

  after(() => lab.close());

  async function addClusterAndPolicy(name: string, spec: object = {}): Promise<LabCluster> {
    const cluster = await lab.addCluster(name, skewedCluster(name), spec);
    await lab.addPolicy(name, { maxMigrations: 1, interval: '1h' });
    return cluster;
  }

  async function expectOneOutcome(name: string, outcome: string): Promise<void> {
    const isSettled = ({ status }: StoredPolicy) =>
      status?.migrations?.length === 0 && status.history !== undefined && status.history.length > 0;
    const { status } = await lab.policyWhen(name, 'has settled', isSettled);
    const history = status?.history ?? [];
    expect(history.map((entry) => [entry.vmid, entry.outcome])).to.deep.equal([[101, outcome]]);
  }

  it('when the connection broke before it arrived: it has not started', async () => {
    cutBefore.clock.leap(120_000);
    await expectOneOutcome('cut-before', 'NotStarted');
    expect(cutBefore.migrateRequests()).to.equal(0);
  });

  it('when a gateway answered in its place: it has not started', async () => {
    gateway.clock.leap(120_000);
    await expectOneOutcome('gateway', 'NotStarted');
    expect(gateway.migrateRequests()).to.equal(1);
    expect(gateway.migrations()).to.deep.equal([]);
  });

  for (const { name, when, cluster } of [
    { name: 'cut-after', when: 'the connection broke after it arrived', cluster: () => cutAfter },
    { name: 'hanging', when: 'no answer came in time', cluster: () => hanging },
  ]) {
    it(`when ${when}: its task is found`, async () => {
      await expectOneOutcome(name, 'Succeeded');
      expect(cluster().migrateRequests()).to.equal(1);
      expect(cluster().migrations()).to.have.length(1);
      expect(cluster().simulator.cluster.violations()).to.deep.equal([]);
    });
  }
});
