import { expect } from 'chai';
import type { StoredCluster, StoredPolicy } from '../../src/controllers/resources.ts';
import { skewedCluster } from '../support/balance-scenario.ts';
import {
  type AppliedObject,
  ARGO_CD,
  createGitOpsManager,
  FLUX,
  type GitOpsManager,
  holdersOf,
} from '../support/gitops-manager.ts';
import { type Lab, openLab } from '../support/lab.ts';
import { balancePolicy, isObserved, type PolicySpec, pveCluster, stateOf } from '../support/lab-objects.ts';
import { waitFor } from '../support/wait-for.ts';

/** Until a migration at 2Mi a second is over. */
const AN_HOUR_MS = 3_660_000;
/** Some seconds' worth: about as long as the migration takes. */
const APPLIES = 8;
const OPERATOR = 'pve-cslb-operator by Apply of /status: status';

for (const tool of [FLUX, ARGO_CD]) {
  const { fieldManager, takesOverFromKubectl } = tool;

  describe(`a policy that ${fieldManager} keeps as Git says`, () => {
    let lab: Lab;
    let manager: GitOpsManager;

    before(async () => {
      lab = await openLab('gitops');
      manager = createGitOpsManager(lab, tool);
      lab.startOperator();
    });

    after(() => lab.close());

    const manifest = (name: string, spec: PolicySpec = {}, metadata: object = {}) =>
      balancePolicy({ ...lab.named(name), ...metadata }, spec);

    const settled = (name: string) =>
      lab.policyWhen(
        name,
        'is balanced and quiet',
        (policy) => stateOf(policy, 'Balanced') === 'True Balanced' && isObserved(policy),
      );

    it('migrates while it is applied again and again, changed each time', async () => {
      const cluster = await lab.addCluster('busy', skewedCluster('busy', { migrationBandwidth: '64Mi' }));
      await manager.apply(manifest('busy'));
      for (let revision = 1; revision <= APPLIES; revision += 1) {
        const labels = { revision: String(revision) };
        const object = await manager.apply(manifest('busy', {}, { labels }));
        expect(object.metadata.generation).to.equal(1);
      }
      const { status } = await settled('busy');
      expect(status?.history?.map(({ vmid, outcome }) => `${vmid} ${outcome}`)).to.deep.equal([
        '101 Succeeded',
      ]);
      expect(cluster.migrateRequests()).to.equal(1);
      const object = await manager.apply(manifest('busy'));
      expect(holdersOf(object)).to.deep.equal([`${fieldManager} by Apply: spec`, OPERATOR]);
    });

    it('does not change when the same manifest is applied again, and shows no difference', async () => {
      const { proxy } = await lab.addCluster('same', skewedCluster('same'));
      const cluster = pveCluster(lab.named('same'), proxy.url, { probeInterval: '1h' });
      // Evaluated once, so that nothing but the applies could change it.
      const policy = manifest('same', { interval: '1h', tolerance: '100%' });
      await manager.apply(cluster);
      await manager.apply(policy);
      await lab.clusterWhen('same', 'is ready', (current) => isObserved(current) && isReady(current));
      await settled('same');
      for (const wanted of [cluster, policy]) {
        const first = await manager.apply(wanted);
        expect(await manager.preview(wanted)).to.deep.equal(first);
        const second = await manager.apply(wanted);
        expect(second.metadata.resourceVersion).to.equal(first.metadata.resourceVersion);
        expect(holdersOf(second)).to.include.members([`${fieldManager} by Apply: spec`, OPERATOR]);
        // Who does not insist meets no conflict, either: the operator holds nothing of what is in Git.
        const politely = ['apply', '--server-side', `--field-manager=${fieldManager}`, '--filename=-'];
        expect(await lab.kubectl(politely, JSON.stringify(wanted))).to.include('serverside-applied');
      }
      const stored = await manager.apply(policy);
      expect(stored.spec).to.include({ suspend: false, strategy: 'Cslb', maxMigrations: 5 });
      expect(stored.metadata).to.not.have.any.keys('annotations', 'labels', 'finalizers');
    });

    it('follows a change in Git, and back', async () => {
      await lab.addCluster('change', skewedCluster('change'));
      await manager.apply(manifest('change', { mode: 'DryRun' }));
      const observed = (state: string) =>
        lab.policyWhen(
          'change',
          `is ${state}`,
          (policy) => isObserved(policy) && stateOf(policy, 'Balanced') === state,
        );
      await observed('False Imbalanced');
      await manager.apply(manifest('change', { mode: 'DryRun', tolerance: '100%' }));
      await observed('True Balanced');
      const object = await manager.apply(manifest('change', { mode: 'DryRun' }));
      expect(object.spec).to.include({ tolerance: '20%' });
      const last = await observed('False Imbalanced');
      expect(last.status?.observedGeneration).to.equal(3);
    });

    it('is put right after somebody edited it, and the operator follows both', async () => {
      await lab.addCluster('drift', skewedCluster('drift'));
      const wanted = manifest('drift', { mode: 'DryRun', tolerance: '20%' });
      await manager.apply(wanted);
      const tolerates = (tolerance: string) =>
        lab.policyWhen(
          'drift',
          `tolerates ${tolerance}`,
          (policy) => isObserved(policy) && policy.status?.imbalance?.tolerance === tolerance,
        );
      await tolerates('20.0%');
      await lab.kubectl([
        'patch',
        'bpol/drift',
        '--field-manager=kubectl-edit',
        '--type=merge',
        '--patch={"spec":{"tolerance":"99%"}}',
      ]);
      await tolerates('99.0%');
      const preview = await manager.preview(wanted);
      expect(preview.spec).to.include({ tolerance: '20%' });
      await manager.apply(wanted);
      await tolerates('20.0%');
      expect(await holdersOfPolicy('drift')).to.deep.equal([`${fieldManager} by Apply: spec`, OPERATOR]);
    });

    it('is suspended by a line in Git, and resumed by its removal', async () => {
      const cluster = await lab.addCluster('paused', skewedCluster('paused'));
      await manager.apply(manifest('paused', { suspend: true }));
      await lab.policyWhen(
        'paused',
        'is suspended',
        (policy) => stateOf(policy, 'Ready') === 'True Suspended',
      );
      const object = await manager.apply(manifest('paused'));
      expect(object.spec).to.include({ suspend: false });
      await settled('paused');
      expect(cluster.migrateRequests()).to.equal(1);
    });

    it(`has a field that is not in Git ${takesOverFromKubectl ? 'reset' : 'left'} when somebody set it`, async () => {
      const wanted = manifest('extra', { suspend: true });
      await manager.apply(wanted);
      await lab.kubectl(['patch', 'bpol/extra', '--type=merge', '--patch={"spec":{"maxMigrations":1}}']);
      const object = await manager.apply(wanted);
      expect(object.spec).to.include({ maxMigrations: takesOverFromKubectl ? 5 : 1 });
    });

    it('acts on annotations of people, whatever becomes of them, and the operator adds none', async () => {
      const cluster = await lab.addCluster('asked', skewedCluster('asked'));
      const wanted = manifest('asked', { mode: 'Approve' }, { annotations: { team: 'platform' } });
      await manager.apply(wanted);
      const waiting = await lab.policyWhen(
        'asked',
        'waits for approval',
        (policy) => stateOf(policy, 'Ready') === 'True AwaitingApproval',
      );
      const id = waiting.status?.plan?.id;
      const annotate = (annotation: string, ...options: readonly string[]) =>
        lab.kubectl(['annotate', 'bpol/asked', annotation, ...options]);
      // A field manager that Flux leaves alone.
      await annotate('pve-cslb.io/requested-at=now', '--field-manager=flux-client-side-apply');
      await manager.apply(wanted);
      await lab.policyWhen(
        'asked',
        'was evaluated',
        ({ status }) => status?.lastHandledReconcileAt === 'now',
      );
      await annotate(`pve-cslb.io/approve=${id}`);
      await lab.policyWhen('asked', 'is approved', ({ status }) => status?.lastHandledApproval === id);
      await manager.apply(wanted);
      await settled('asked');
      expect(annotationsOf(await lab.policy('asked'))).to.deep.equal({
        team: 'platform',
        'pve-cslb.io/requested-at': 'now',
        ...(takesOverFromKubectl ? {} : { 'pve-cslb.io/approve': id }),
      });
      expect(cluster.migrateRequests()).to.equal(1);
    });

    async function holdersOfPolicy(name: string): Promise<readonly string[]> {
      const object: AppliedObject = JSON.parse(
        await lab.kubectl(['get', `bpol/${name}`, '--output=json', '--show-managed-fields']),
      );
      return holdersOf(object);
    }
  });
}

describe('a policy that is pruned', () => {
  let lab: Lab;
  let manager: GitOpsManager;

  before(async () => {
    lab = await openLab('prune');
    manager = createGitOpsManager(lab, FLUX);
    lab.startOperator();
  });

  after(() => lab.close());

  async function startMigration(name: string) {
    const cluster = await lab.addCluster(name, skewedCluster(name, { migrationBandwidth: '2Mi' }));
    const wanted = balancePolicy(lab.named(name));
    await manager.apply(wanted);
    const policy = await lab.policyWhen(
      name,
      'migrates',
      ({ status }) => status?.migrations?.[0]?.upid !== undefined,
    );
    return { cluster, wanted, policy };
  }

  it('is gone at once, and its migration runs to its end', async () => {
    const { cluster } = await startMigration('gone');
    // kubectl waits until it is gone, which a finalizer would keep from happening.
    await lab.kubectl(['delete', 'bpol/gone', '--timeout=60s']);
    expect(cluster.migrations().map(({ vmid, exitStatus }) => [vmid, exitStatus])).to.deep.equal([
      [101, undefined],
    ]);
    cluster.clock.leap(AN_HOUR_MS);
    await waitFor(
      'the migration has ended',
      () => cluster.migrations().map(({ vmid, target, exitStatus }) => `${vmid} ${target} ${exitStatus}`),
      ([only, ...others]) => only === '101 pve2 OK' && others.length === 0,
    );
    expect(cluster.simulator.cluster.nodeOf(101)).to.equal('pve2');
    expect(cluster.otherWrites()).to.deep.equal([]);
  });

  it('and comes back under the same name takes its migration up again, and starts none twice', async () => {
    const { cluster, wanted, policy: before } = await startMigration('back');
    await lab.kubectl(['delete', 'bpol/back', '--timeout=60s']);
    await manager.apply(wanted);
    const again = await lab.policyWhen(
      'back',
      'follows the migration',
      ({ status }) => status?.migrations?.[0]?.upid !== undefined,
    );
    expect(again.metadata.uid).to.not.equal(before.metadata.uid);
    expect(again.status?.migrations?.[0]?.upid).to.equal(before.status?.migrations?.[0]?.upid);
    cluster.clock.leap(AN_HOUR_MS);
    const after = await lab.policyWhen(
      'back',
      'is balanced',
      (policy) => stateOf(policy, 'Balanced') === 'True Balanced',
    );
    expect(after.status?.history?.map(({ vmid, outcome }) => `${vmid} ${outcome}`)).to.deep.equal([
      '101 Succeeded',
    ]);
    expect(cluster.migrateRequests()).to.equal(1);
  });

  it('together with its PveCluster may come back in any order', async () => {
    await lab.addCluster('both', skewedCluster('both'));
    const wanted = balancePolicy(lab.named('both'), { mode: 'DryRun', interval: '1h' });
    await manager.apply(wanted);
    const dryRun = (policy: StoredPolicy) => stateOf(policy, 'Ready') === 'True DryRun' && isObserved(policy);
    await lab.policyWhen('both', 'has planned', dryRun);
    const cluster = await lab.clusterWhen('both', 'is there', () => true);
    await lab.kubectl(['delete', 'pve/both', 'bpol/both', '--timeout=60s']);
    await manager.apply(wanted);
    await lab.policyWhen(
      'both',
      'misses its cluster',
      (policy) => stateOf(policy, 'Stalled') === 'True ClusterNotFound',
    );
    const { name, namespace } = cluster.metadata;
    const { apiVersion, kind, spec } = cluster;
    const declared = { apiVersion, kind, metadata: { name, namespace }, spec };
    await manager.apply(declared);
    const back = await lab.policyWhen('both', 'has planned again', dryRun);
    expect(stateOf(back, 'Stalled')).to.equal('');
  });
});

describe('a policy that is kept by client-side applies', () => {
  let lab: Lab;

  before(async () => {
    lab = await openLab('client-side');
    lab.startOperator();
  });

  after(() => lab.close());

  it('is unchanged when the same manifest is applied again, status or not', async () => {
    await lab.addCluster('lab', skewedCluster('lab'));
    const wanted = JSON.stringify(balancePolicy(lab.named('lab'), { interval: '1h', mode: 'DryRun' }));
    const apply = () => lab.kubectl(['apply', '--filename=-'], wanted);
    expect(await apply()).to.equal('balancepolicy.pve-cslb.io/lab created\n');
    await lab.policyWhen('lab', 'has planned', (policy) => stateOf(policy, 'Ready') === 'True DryRun');
    expect(await apply()).to.equal('balancepolicy.pve-cslb.io/lab unchanged\n');
    expect((await lab.policy('lab')).status?.plan?.migrationCount).to.equal(1);
  });
});

function isReady(cluster: StoredCluster): boolean {
  return stateOf(cluster, 'Ready') === 'True Succeeded';
}

function annotationsOf({ metadata }: StoredPolicy): unknown {
  return 'annotations' in metadata ? metadata.annotations : undefined;
}
