import { expect } from 'chai';
import type { StoredPolicy } from '../../src/controllers/resources.ts';
import { skewedCluster } from '../support/balance-scenario.ts';
import { type Lab, openLab } from '../support/lab.ts';
import type { LabCluster } from '../support/lab-cluster.ts';
import { stateOf } from '../support/lab-objects.ts';
import type { OperatorProcess } from '../support/operator-process.ts';
import { holdIntent, holdMigrateRequest } from '../support/operator-requests.ts';
import { parseSamples } from '../support/scrape.ts';
import { waitFor } from '../support/wait-for.ts';

const LEASE = 'pve-cslb-operator';

describe('two operators', () => {
  let lab: Lab;
  let cluster: LabCluster;
  let first: OperatorProcess;
  let second: OperatorProcess;

  before(async () => {
    lab = await openLab('leadership');
    cluster = await lab.addCluster('lab', skewedCluster('lab'));
    first = await start('Acquired the lease');
    second = await start('Waiting for the lease');
  });

  after(() => lab.close());

  async function start(until: string): Promise<OperatorProcess> {
    const operator = lab.startOperator([
      '--leader-elect',
      ...['--leader-election-namespace', lab.namespace],
      // The deadline is that of real operators: shorter ones are missed on a busy machine, where others start.
      ...['--leader-election-lease-duration', '11s'],
      ...['--leader-election-renew-deadline', '10s'],
      ...['--leader-election-retry-period', '1s'],
      ...['--health-address', '127.0.0.1:0'],
      ...['--metrics-address', '127.0.0.1:0'],
    ]);
    await hasLogged(operator, until);
    return operator;
  }

  const hasLogged = (operator: OperatorProcess, text: string) =>
    waitFor(
      `the operator logs '${text}'`,
      () => operator.logs(),
      (lines) => lines.some(({ msg }) => msg === text),
    );

  async function page(operator: OperatorProcess, path: string): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${operator.portOf(path)}${path}`);
    const text = await response.text();
    if (response.status !== 200) throw new Error(`${path} is ${response.status}: ${text}`);
    return text;
  }

  const scrape = async (operator: OperatorProcess) => parseSamples(await page(operator, '/metrics'));

  const holder = () => lab.kubectl(['get', 'lease', LEASE, '--output', 'jsonpath={.spec.holderIdentity}']);

  it('are both healthy and ready, and one of them leads', async () => {
    expect(await page(first, '/healthz')).to.contain('lease ok: leader');
    expect(await page(second, '/healthz')).to.contain('lease ok: not the leader');
    for (const operator of [first, second]) expect(await page(operator, '/readyz')).to.not.contain('[-]');
    const series = `leader_election_master_status{name="${LEASE}"}`;
    expect((await scrape(first)).get(series)).to.equal(1);
    expect((await scrape(second)).get(series)).to.equal(0);
  });

  it('never both migrate: a leader that freezes right before its POST ends without it when it wakes up', async () => {
    const intent = holdIntent(lab.proxy, 'lab');
    await lab.addPolicy('lab', { maxMigrations: 1 });
    const write = await intent;
    first.pause();
    // The intent is stored, and its answer waits for the one that wakes up.
    expect(await write.forward()).to.equal(200);
    await write.release();
    await hasLogged(second, 'Acquired the lease');

    first.resume();
    expect(await first.ended()).to.equal(1);
    const fatal = first.logs().filter(({ level }) => level === 'fatal');
    expect(fatal.map(({ msg, code }) => `${msg} ${code}`)).to.deep.equal(['Operator ended LeadershipLost']);
    const waited = second.logs().findIndex(({ msg }) => msg === 'Acquired the lease');
    for (const lines of [first.logs(), second.logs().slice(0, waited)]) {
      const posts = lines.filter(({ msg, method }) => msg === 'Called the Proxmox API' && method === 'POST');
      expect(posts).to.deep.equal([]);
    }

    const isDone = (policy: StoredPolicy) =>
      stateOf(policy, 'Balanced') === 'True Balanced' && policy.status?.migrations?.length === 0;
    const { status } = await lab.policyWhen('lab', 'is balanced by the other', isDone);
    const history = (status?.history ?? []).toReversed();
    expect([history[0]?.vmid, history[0]?.outcome]).to.deep.equal([101, 'NotStarted']);
    const begun = history.slice(1);
    expect(begun.map(({ outcome }) => outcome)).to.deep.equal(begun.map(() => 'Succeeded'));
    expect(begun.map(({ upid }) => upid)).to.deep.equal(cluster.migrations().map(({ upid }) => upid));
    expect(cluster.migrateRequests()).to.equal(begun.length);
    expect(begun.length).to.be.greaterThan(0);
  });

  it('tell what happened: the metrics of the one that leads now', async () => {
    const policy = `namespace="${lab.namespace}"`;
    // What is read from statuses is as old as the operator's watch: the last write may still be on its way.
    const samples = await waitFor(
      'the metrics show the last status',
      () => scrape(second),
      (read) =>
        read.get(`pve_cslb_policy_condition{condition="Balanced",${policy},policy="lab",status="True"}`) ===
        1,
    );
    const outcome = (name: string) =>
      samples.get(`pve_cslb_migrations_total{${policy},outcome="${name}",policy="lab"}`);
    expect(outcome('NotStarted')).to.equal(1);
    expect(outcome('Succeeded')).to.equal(cluster.migrations().length);
    expect(outcome('Failed')).to.equal(0);
    expect(samples.get(`leader_election_master_status{name="${LEASE}"}`)).to.equal(1);
    expect(samples.get(`pve_cslb_imbalance_ratio{${policy},policy="lab"}`)).to.be.within(0, 0.2);
    expect(
      samples.get(`pve_cslb_node_load_ratio{${policy},node="pve1",policy="lab",resource="memory"}`),
    ).to.be.within(0, 1);
    const endpoint = cluster.proxy.url;
    expect(samples.get(`pve_cslb_proxmox_requests_total{endpoint="${endpoint}",method="POST"}`)).to.equal(
      cluster.migrateRequests(),
    );
    expect(
      samples.get('controller_runtime_reconcile_total{controller="balancepolicy",result="requeue_after"}'),
    ).to.be.greaterThan(0);
    expect(samples.get('controller_runtime_reconcile_panics_total{controller="balancepolicy"}')).to.equal(0);
  });

  it('drop the series of what is deleted', async () => {
    await lab.kubectl(['delete', 'balancepolicy/lab']);
    await waitFor(
      'the series of the policy are gone',
      () => page(second, '/metrics'),
      (text) => !text.includes('policy="lab"'),
    );
  });

  it('hand over at once when the leader is stopped', async () => {
    const third = await start('Waiting for the lease');
    expect(await second.stop()).to.equal(0);
    expect(second.logs().map(({ msg }) => msg)).to.include('Released the lease');
    await hasLogged(third, 'Acquired the lease');
    expect(await holder()).to.not.equal('');
    expect(await third.stop()).to.equal(0);
    expect(await holder()).to.equal('');
  });

  it('end at once at the second signal, whatever is under way', async () => {
    const other = await lab.addCluster('other', skewedCluster('other'));
    await lab.addPolicy('other', { maxMigrations: 1 });
    const request = holdMigrateRequest(other.proxy, 101);
    const operator = await start('Acquired the lease');
    const held = await request;
    operator.interrupt();
    await hasLogged(operator, 'Stopping operator');
    const readyz = await fetch(`http://127.0.0.1:${operator.portOf('/readyz')}/readyz`);
    expect([readyz.status, await readyz.text()]).to.deep.equal([
      503,
      '[-] running failed: stopping\n[+] PveCluster ok\n[+] BalancePolicy ok\n',
    ]);
    expect(operator.isRunning()).to.equal(true);
    operator.interrupt();
    expect(await operator.ended()).to.equal(1);
    held.cut();
    // It had no time to give the lease back, which runs out.
    expect(await holder()).to.not.equal('');
  });
});
