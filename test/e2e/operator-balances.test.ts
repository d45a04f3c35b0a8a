import { expect } from 'chai';
import type { StoredCluster, StoredPolicy } from '../../src/controllers/resources.ts';
import { OPERATOR_TOKEN, skewedCluster } from '../support/balance-scenario.ts';
import { type Lab, openLab } from '../support/lab.ts';
import type { LabCluster } from '../support/lab-cluster.ts';
import { isObserved, stateOf } from '../support/lab-objects.ts';
import type { OperatorProcess } from '../support/operator-process.ts';
import { waitFor } from '../support/wait-for.ts';

describe('the operator balances a cluster and', () => {
  let lab: Lab;
  let pve: LabCluster;
  let operator: OperatorProcess;
  let planned: StoredPolicy;
  let policy: StoredPolicy;
  let cluster: StoredCluster;

  before(async () => {
    lab = await openLab('balances');
    const ignored = {
      vmid: 104,
      name: 'ignored',
      type: 'qemu',
      node: 'pve1',
      cpus: 4,
      memory: '64Gi',
      demand: { cpu: 0.1, memory: '100Mi' },
      tags: ['pve-cslb-ignore'],
    } as const;
    pve = await lab.addCluster('lab', skewedCluster('lab', { hotNodes: 2, guests: [ignored] }));
    await lab.addPolicy('lab', { migration: { containers: 'Restart' } });
    operator = lab.startOperator();
    planned = await lab.policyWhen('lab', 'has a plan', ({ status }) => status?.plan !== undefined);
    policy = await lab.policyWhen(
      'lab',
      'is balanced',
      (current) => stateOf(current, 'Balanced') === 'True Balanced',
    );
    cluster = await lab.clusterWhen(
      'lab',
      'is ready',
      (current) => stateOf(current, 'Ready') === 'True Succeeded',
    );
  });

  after(() => lab.close());

  it('moves guests of both types, each once, and nothing else', () => {
    const moves = pve.migrations().map(({ vmid, type, source, target, exitStatus }) => ({
      vmid,
      type,
      source,
      target,
      exitStatus,
    }));
    expect(moves).to.have.deep.members([
      { vmid: 101, type: 'qmigrate', source: 'pve1', target: 'pve3', exitStatus: 'OK' },
      { vmid: 201, type: 'vzmigrate', source: 'pve2', target: 'pve4', exitStatus: 'OK' },
    ]);
    expect(pve.simulator.cluster.violations()).to.deep.equal([]);
    expect(pve.migrateRequests()).to.equal(2);
    expect(pve.otherWrites()).to.deep.equal([]);
  });

  it('shows its plan', () => {
    const { plan, nodes } = planned.status ?? {};
    expect(plan).to.deep.include({ strategy: 'Cslb', migrationCount: 2 });
    expect(plan?.id).to.match(/^1-[0-9a-f]{12}$/);
    expect(plan?.predictedImbalance).to.match(/^\d+\.\d%$/);
    expect(
      plan?.migrations.map(({ vmid, name, source, target, memory }) => ({
        vmid,
        name,
        source,
        target,
        memory,
      })),
    ).to.deep.equal([
      { vmid: 101, name: 'guest-101', source: 'pve1', target: 'pve3', memory: '7Gi' },
      { vmid: 201, name: 'guest-201', source: 'pve2', target: 'pve4', memory: '7Gi' },
    ]);
    expect(nodes?.map(({ name, role }) => `${name} ${role}`)).to.deep.equal([
      'pve1 Source',
      'pve2 Source',
      'pve3 Target',
      'pve4 Target',
      'pve5 Target',
      'pve6 Target',
    ]);
  });

  it('says in its conditions that it is balanced and complete', () => {
    expect(['Ready', 'Balanced', 'DataComplete'].map((type) => stateOf(policy, type))).to.deep.equal([
      'True Balanced',
      'True Balanced',
      'True DataComplete',
    ]);
    expect(stateOf(policy, 'Reconciling') + stateOf(policy, 'Stalled')).to.equal('');
    expect(isObserved(policy)).to.equal(true);
  });

  it('gives the imbalance and the nodes it comes from', () => {
    const { imbalance, nodes = [], plan } = policy.status ?? {};
    expect(imbalance?.tolerance).to.equal('20.0%');
    expect(Number.parseFloat(imbalance?.value ?? '')).to.be.within(1, 20);
    expect(plan).to.deep.include({
      migrationCount: 0,
      blocked: [
        {
          reason: 'CoolingDown',
          count: 2,
          examples: [
            { vmid: 101, name: 'guest-101' },
            { vmid: 201, name: 'guest-201' },
          ],
        },
        { reason: 'Excluded', count: 1, examples: [{ vmid: 104, name: 'ignored' }] },
      ],
    });
    expect(nodes.map(({ name, guests, role }) => `${name} ${guests} ${role}`)).to.deep.equal([
      'pve1 3 Neutral',
      'pve2 2 Neutral',
      'pve3 2 Neutral',
      'pve4 2 Neutral',
      'pve5 1 Neutral',
      'pve6 1 Neutral',
    ]);
    for (const { weight, cpu, memory } of nodes) {
      expect(weight).to.be.within(100, 200);
      expect(cpu).to.match(/^\d+\.\d%$/);
      expect(memory).to.match(/^\d+\.\d%$/);
    }
  });

  it('keeps what it did in history and totals', () => {
    const { history = [], totals, inFlight, migrations } = policy.status ?? {};
    expect(history.map(({ vmid, outcome, message }) => ({ vmid, outcome, message }))).to.have.deep.members([
      { vmid: 101, outcome: 'Succeeded', message: 'Migrated.' },
      { vmid: 201, outcome: 'Succeeded', message: 'Migrated.' },
    ]);
    const tasks = pve.migrations();
    for (const { upid, startTime, endTime, vmid } of history) {
      const task = tasks.find((candidate) => candidate.upid === upid);
      expect(task?.vmid).to.equal(vmid);
      // The times are the cluster's, which runs ahead of ours.
      expect(Date.parse(startTime ?? '')).to.be.within((task?.startTime ?? 0) - 1000, task?.endTime ?? 0);
      expect(Date.parse(endTime)).to.be.at.least((task?.endTime ?? 0) - 1000);
    }
    expect(totals).to.deep.equal({ succeeded: 2, failed: 0 });
    expect(inFlight).to.equal(0);
    expect(migrations ?? []).to.deep.equal([]);
  });

  it('describes the cluster', () => {
    const { status } = cluster;
    expect(
      ['Ready', 'Reachable', 'Authorized', 'Quorate'].map((type) => stateOf(cluster, type)),
    ).to.deep.equal(['True Succeeded', 'True Reachable', 'True Authorized', 'True Quorate']);
    expect(isObserved(cluster)).to.equal(true);
    expect(status?.version).to.match(/^9\.\d+\.\d+$/);
    expect(status?.identity).to.match(/^lab.*[0-9A-F]{2}/i);
    expect(status?.activeEndpoint).to.equal(pve.proxy.url);
    expect(status?.nodes).to.deep.equal({ total: 6, online: 6 });
    expect(status?.guests).to.deep.equal({ total: 11, running: 11 });
    expect(status?.missingPrivileges ?? []).to.deep.equal([]);
    expect(Date.parse(status?.lastProbeTime ?? '')).to.be.closeTo(Date.now(), 60_000);
  });

  it('is shown by kubectl in columns', async () => {
    const table = await lab.kubectl(['get', 'bpol', 'lab']);
    const [header = '', row = ''] = table.split('\n');
    expect(header.split(/ +/)).to.deep.equal([
      'NAME',
      'CLUSTER',
      'MODE',
      'READY',
      'BALANCED',
      'IMBALANCE',
      'MIGRATIONS',
      'AGE',
    ]);
    expect(row).to.match(/^lab +lab +Automatic +True +True +\d+\.\d% +0 +\d+m?\d*s?$/);
  });

  it('can be waited for with kubectl wait', async () => {
    const output = await lab.kubectl(['wait', '--for=condition=Balanced', 'bpol/lab', '--timeout=60s']);
    expect(output).to.include('condition met');
  });

  it('tells what it did in events on the policy and the cluster', async () => {
    const events = await waitFor(
      'events of what was done',
      async () => {
        const list = JSON.parse(await lab.kubectl(['get', 'events.events.k8s.io', '--output', 'json']));
        return list.items.map(
          (event: { regarding: { kind: string; name: string }; reason: string; note: string }) =>
            `${event.regarding.kind}/${event.regarding.name} ${event.reason} ${event.note}`,
        );
      },
      (found: string[]) => found.some((text) => text.includes(' Balanced ')),
    );
    const [first = ''] = events.filter((text: string) => text.includes(' Planned '));
    expect(first).to.include('101 pve1 → pve3, 201 pve2 → pve4');
    expect(events).to.include.members([
      'PveCluster/lab Ready Proxmox VE 9.1.2, 6 of 6 nodes online.',
      "BalancePolicy/lab MigrationSucceeded qemu/101 'guest-101' pve1 → pve3: Migrated.",
      "BalancePolicy/lab MigrationSucceeded lxc/201 'guest-201' pve2 → pve4: Migrated.",
    ]);
  });

  it('asks Proxmox no more than it may: at most 9 + N calls for an inventory', () => {
    const count = (path: RegExp) => pve.simulator.requests().filter((each) => path.test(each.path)).length;
    // Only inventories read replication, and read it once.
    const inventories = count(/^\/cluster\/replication$/);
    const probes = count(/^\/version$/);
    const both = count(/^(\/cluster\/.*|\/nodes\/[^/]+\/status|\/nodes\/[^/]+\/tasks\/[^/]+\/log)$/);
    // A probe reads the cluster's status and resources, too.
    const ofInventories = both - 2 * probes;
    expect(inventories).to.be.at.least(2);
    expect(ofInventories / inventories).to.be.within(6, 9 + 6);
  });

  it('needs no more rights than its account has', () => {
    const calls = operator.logs().filter(({ msg }) => msg === 'Called the Kubernetes API');
    expect(calls.length).to.be.greaterThan(10);
    expect(calls.filter(({ status }) => status === 401 || status === 403)).to.deep.equal([]);
  });

  it('logs JSON lines that name the object and the reconcile', () => {
    const ended = operator.logs().filter(({ msg }) => msg === 'Ended migration');
    expect(ended).to.have.length(2);
    for (const line of ended) {
      expect(line).to.deep.include({ level: 'info', controller: 'balancepolicy' });
      expect(line.object).to.deep.equal({ namespace: lab.namespace, name: 'lab' });
      expect(line.reconcileID).to.match(/^[0-9a-f-]{36}$/);
    }
    expect(operator.logs().filter(({ level }) => level === 'warn' || level === 'error')).to.deep.equal([]);
  });

  it('shows the secret nowhere', async () => {
    const objects = await lab.kubectl(['get', 'pve,bpol,events.events.k8s.io', '--output', 'yaml']);
    expect(objects).to.include('MigrationSucceeded');
    for (const text of [objects, operator.output()]) expect(text).to.not.include(OPERATOR_TOKEN.secret);
  });
});
