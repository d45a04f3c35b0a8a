import { expect } from 'chai';
import {
  BALANCE_POLICIES,
  PVE_CLUSTERS,
  SECRETS,
  type StoredCluster,
  type StoredPolicy,
} from '../../src/controllers/resources.ts';
import { type ArgoCdHealth, argoCdJudgement } from '../support/argo-cd-health.ts';
import { AUDITOR_TOKEN, skewedCluster } from '../support/balance-scenario.ts';
import { documentedExpressions, fluxJudgement } from '../support/flux-health.ts';
import { type KStatus, kstatus } from '../support/kstatus.ts';
import { type Lab, openLab } from '../support/lab.ts';
import type { LabCluster } from '../support/lab-cluster.ts';
import { balancePolicy, credentials, isObserved, type PolicySpec, stateOf } from '../support/lab-objects.ts';

/** What kstatus, Argo CD and Flux with the documented expressions make of an object. */
type Judgements = readonly [KStatus, ArgoCdHealth, KStatus];

const IN_ORDER: Judgements = ['Current', 'Healthy', 'Current'];
const RETRIED: Judgements = ['InProgress', 'Degraded', 'Failed'];
const STALLED: Judgements = ['Failed', 'Degraded', 'Failed'];
const UNSEEN: Judgements = ['InProgress', 'Progressing', 'InProgress'];

const EXPRESSIONS = {
  PveCluster: documentedExpressions('PveCluster'),
  BalancePolicy: documentedExpressions('BalancePolicy'),
};

async function judge(object: StoredPolicy | StoredCluster): Promise<Judgements> {
  const { status } = await argoCdJudgement(object);
  return [kstatus(object), status, fluxJudgement(object, EXPRESSIONS[object.kind])];
}

describe('who judges our objects by their status', () => {
  let lab: Lab;
  let calm: LabCluster;
  let moving: LabCluster;

  before(async () => {
    lab = await openLab('health');
    calm = await lab.addCluster('calm', skewedCluster('calm'));
    moving = await lab.addCluster('moving', skewedCluster('moving', { migrationBandwidth: '2Mi' }));
    await lab.addCluster('stuck', skewedCluster('stuck'));
    await lab.addPolicy('dry', { cluster: 'calm', mode: 'DryRun' });
  });

  after(() => lab.close());

  const addPolicy = (name: string, spec: PolicySpec, metadata: object = {}) =>
    lab.create(BALANCE_POLICIES, balancePolicy({ ...lab.named(name), ...metadata }, spec));
  const policyThat = (name: string, ready: string) =>
    lab.policyWhen(name, `is ${ready}`, (policy) => stateOf(policy, 'Ready') === ready && isObserved(policy));
  const clusterThat = (name: string, ready: string) =>
    lab.clusterWhen(name, `is ${ready}`, (cluster) => stateOf(cluster, 'Ready') === ready);

  it('sees that no operator has looked at them yet', async () => {
    expect(await judge(await lab.policy('dry'))).to.deep.equal(UNSEEN);
    expect(await judge(await lab.clusterWhen('calm', 'is there', () => true))).to.deep.equal(UNSEEN);
    lab.startOperator();
  });

  it('sees that a cluster is in order', async () => {
    expect(await judge(await clusterThat('calm', 'True Succeeded'))).to.deep.equal(IN_ORDER);
  });

  // A month that is far away.
  const window = { schedule: `0 0 1 ${((new Date().getUTCMonth() + 6) % 12) + 1} *`, duration: '1h' };
  const good: readonly (readonly [string, string, PolicySpec, Judgements?])[] = [
    ['a dry run', 'True DryRun', { mode: 'DryRun' }],
    ['within its tolerance', 'True Balanced', { tolerance: '100%' }],
    ['waiting for approval', 'True AwaitingApproval', { mode: 'Approve' }],
    ['outside its windows', 'True OutsideWindow', { windows: [window] }],
    ['waiting for the imbalance to last', 'True Stabilizing', { stabilization: { window: '1h' } }],
    ['suspended', 'True Suspended', { suspend: true }, ['Current', 'Suspended', 'Current']],
    [
      'without anything that it may move',
      'True StrategyExhausted',
      { cluster: 'stuck', exclusions: { types: ['qemu', 'lxc'] } },
    ],
  ];

  for (const [index, [what, ready, spec, judgements = IN_ORDER]] of good.entries()) {
    it(`sees that a policy is in order when it is ${what}`, async () => {
      const name = `good-${index}`;
      await addPolicy(name, { cluster: 'calm', ...spec });
      expect(await judge(await policyThat(name, ready))).to.deep.equal(judgements);
    });
  }

  it('sees that a policy is in order while it migrates, and not while a change waits for that', async () => {
    await addPolicy('moving', { interval: '1h' });
    const migrating = await lab.policyWhen(
      'moving',
      'migrates',
      ({ status }) => status?.migrations?.[0]?.upid !== undefined,
    );
    expect(stateOf(migrating, 'Balanced')).to.equal('False Migrating');
    expect(await judge(migrating)).to.deep.equal(IN_ORDER);

    await addPolicy('second', { cluster: 'moving' });
    expect(await judge(await policyThat('second', 'True ClusterHeld'))).to.deep.equal(IN_ORDER);

    await lab.patch(BALANCE_POLICIES, 'moving', { spec: { maxMigrations: 1 } });
    expect(await judge(await lab.policy('moving'))).to.deep.equal(UNSEEN);
    const waiting = await lab.policyWhen(
      'moving',
      'says that the change waits',
      (policy) => stateOf(policy, 'Reconciling') === 'True Progressing',
    );
    expect(await judge(waiting)).to.deep.equal(UNSEEN);
  });

  it('sees that a policy is in order when the migration is over', async () => {
    moving.clock.leap(3_660_000);
    // Which of two policies of one age has the cluster is chance, so `Ready` may have another reason.
    const balanced = await lab.policyWhen(
      'moving',
      'is balanced',
      (policy) => stateOf(policy, 'Balanced') === 'True Balanced' && isObserved(policy),
    );
    expect(balanced.status?.totals?.succeeded).to.equal(1);
    expect(await judge(balanced)).to.deep.equal(IN_ORDER);
  });

  it('sees that a person must act on a policy', async () => {
    await addPolicy('astray', { cluster: 'nowhere' });
    expect(await judge(await policyThat('astray', 'False ClusterNotFound'))).to.deep.equal(STALLED);
  });

  it('sees that a person must act on a cluster', async () => {
    const { proxy } = calm;
    const tls = { caRef: { kind: 'ConfigMap', name: 'calm-ca' } };
    const spec = { endpoints: [proxy.url], tls, probeInterval: '10s' };
    await lab.create(SECRETS, credentials(lab.named('auditor'), AUDITOR_TOKEN));
    const add = async (name: string, changes: object) => {
      const { apiVersion, kind } = PVE_CLUSTERS;
      const object = { apiVersion, kind, metadata: lab.named(name), spec: { ...spec, ...changes } };
      await lab.create(PVE_CLUSTERS, object);
    };
    await add('lacking', { credentialsSecretRef: { name: 'auditor' } });
    await add('secretless', { credentialsSecretRef: { name: 'nothing' } });
    await add('duplicate', { credentialsSecretRef: { name: 'calm-pve' } });
    await add('untrusted', { credentialsSecretRef: { name: 'calm-pve' }, tls: {} });
    for (const [name, reason] of [
      ['lacking', 'Forbidden'],
      ['secretless', 'CredentialsNotFound'],
      ['duplicate', 'DuplicateCluster'],
      ['untrusted', 'CertificateUntrusted'],
    ] as const) {
      expect(await judge(await clusterThat(name, `False ${reason}`)), name).to.deep.equal(STALLED);
    }
  });

  it('sees that objects are being deleted, where a finalizer of somebody keeps them', async () => {
    const finalizers = ['example.com/wait'];
    await addPolicy('going', { cluster: 'calm', mode: 'DryRun' }, { finalizers });
    await policyThat('going', 'True DryRun');
    await lab.patch(PVE_CLUSTERS, 'lacking', { metadata: { finalizers } });
    await lab.kubectl(['delete', 'bpol/going', 'pve/lacking', '--wait=false']);
    const going = await lab.policyWhen(
      'going',
      'is going',
      ({ metadata }) => metadata.deletionTimestamp !== undefined,
    );
    const cluster = await lab.clusterWhen(
      'lacking',
      'is going',
      ({ metadata }) => metadata.deletionTimestamp !== undefined,
    );
    for (const object of [going, cluster]) {
      expect(kstatus(object)).to.equal('Terminating');
      expect(await argoCdJudgement(object)).to.have.property('status', 'Progressing');
    }
    await lab.patch(BALANCE_POLICIES, 'going', { metadata: { finalizers: null } });
    await lab.patch(PVE_CLUSTERS, 'lacking', { metadata: { finalizers: null } });
  });

  it('sees that a cluster is out of order for a while, and its policies with it', async () => {
    calm.simulator.control.setQuorate(false);
    expect(await judge(await clusterThat('calm', 'False NotQuorate'))).to.deep.equal(RETRIED);
    expect(await judge(await policyThat('dry', 'False ClusterNotReady'))).to.deep.equal(RETRIED);
    calm.simulator.control.setQuorate(undefined);
    expect(await judge(await clusterThat('calm', 'True Succeeded'))).to.deep.equal(IN_ORDER);
    expect(await judge(await policyThat('dry', 'True DryRun'))).to.deep.equal(IN_ORDER);

    await calm.simulator.setReachable(false);
    expect(await judge(await clusterThat('calm', 'False Unreachable'))).to.deep.equal(RETRIED);
    expect(await judge(await policyThat('dry', 'False ClusterNotReady'))).to.deep.equal(RETRIED);
  });
});
