import { expect } from 'chai';
import { skewedCluster } from '../support/balance-scenario.ts';
import { containerProgram } from '../support/image/container.ts';
import { sharedImage } from '../support/image/shared-image.ts';
import { type Lab, openLab } from '../support/lab.ts';
import type { LabCluster } from '../support/lab-cluster.ts';
import { stateOf } from '../support/lab-objects.ts';
import type { OperatorProcess } from '../support/operator-process.ts';
import { waitFor } from '../support/wait-for.ts';

describe('the operator in a container of the image', () => {
  let lab: Lab | undefined;
  let pve: LabCluster;
  let operator: OperatorProcess;

  before(async function () {
    const image = await sharedImage(this);
    lab = await openLab('image', (files) => containerProgram(image, files));
    pve = await lab.addCluster('lab', skewedCluster('lab', { hotNodes: 2 }));
    await lab.addPolicy('lab', { migration: { containers: 'Restart' } });
    operator = lab.startOperator([
      ...['--leader-elect', '--leader-election-namespace', lab.namespace],
      ...['--health-address', '127.0.0.1:0', '--metrics-address', '127.0.0.1:0'],
    ]);
  });

  after(() => lab?.close());

  it('balances a cluster: each guest moves once', async () => {
    const isBalanced = 'is balanced';
    await lab?.policyWhen('lab', isBalanced, (policy) => stateOf(policy, 'Balanced') === 'True Balanced');
    const moves = pve
      .migrations()
      .map(({ vmid, source, target, exitStatus }) => ({ vmid, source, target, exitStatus }));
    expect(moves).to.have.deep.members([
      { vmid: 101, source: 'pve1', target: 'pve3', exitStatus: 'OK' },
      { vmid: 201, source: 'pve2', target: 'pve4', exitStatus: 'OK' },
    ]);
    expect(pve.migrateRequests()).to.equal(2);
    expect(pve.simulator.cluster.violations()).to.deep.equal([]);
  });

  it('answers probes and serves metrics, those of its process included', async () => {
    const get = (path: string) => fetch(`http://127.0.0.1:${operator.portOf(path)}${path}`);
    expect((await get('/healthz')).status).to.equal(200);
    await waitFor(
      'the operator is ready',
      () => get('/readyz'),
      ({ status }) => status === 200,
    );
    const metrics = await (await get('/metrics')).text();
    expect(metrics).to.match(/^process_resident_memory_bytes \d/m);
    expect(metrics).to.match(/^pve_cslb_/m);
  });

  it('stops on SIGTERM with exit code 0, having written nothing but log lines', async () => {
    expect(await operator.stop()).to.equal(0);
    expect(operator.logs().filter(({ level }) => level === 'error')).to.deep.equal([]);
  });
});
