import { expect } from 'chai';
import { BALANCE_POLICIES, CONFIG_MAPS, PVE_CLUSTERS, SECRETS } from '../../src/controllers/resources.ts';
import { BAD_INPUTS, type BadInput, type Place } from '../support/bad-inputs.ts';
import { OPERATOR_TOKEN, skewedCluster } from '../support/balance-scenario.ts';
import { type Lab, openLab } from '../support/lab.ts';
import { authority, conditionOf, credentials, pveCluster, stateOf } from '../support/lab-objects.ts';
import { waitFor } from '../support/wait-for.ts';

describe('bad input has a reason of its own, moves nothing, and the operator recovers when its cause goes:', () => {
  let lab: Lab;

  before(async () => {
    lab = await openLab('bad');
    lab.startOperator();
  });

  after(() => lab.close());

  /** So that ages, which count in seconds, differ. */
  const aSecondAfter = (object: { readonly metadata: { readonly creationTimestamp?: string } }) =>
    waitFor(
      'a second has passed',
      () => Date.now() - Date.parse(object.metadata.creationTimestamp ?? ''),
      (age) => age > 1_000,
    );

  // Each on a cluster of its own and all at the same time: it takes until the next probe that the operator sees it mended.
  describe('of a PveCluster:', () => {
    const places = new Map<string, Place>();

    before(async () => {
      for (const { name, begin } of BAD_INPUTS) {
        const place = { lab, name, cluster: await lab.simulate(skewedCluster(name)) };
        places.set(name, place);
        await begin(place);
        await lab.create(PVE_CLUSTERS, pveCluster(lab.named(name), place.cluster.proxy.url));
        await lab.addPolicy(name, { interval: '1h' });
      }
    });

    function placeOf({ name }: BadInput): Place {
      const place = places.get(name);
      if (!place) throw new Error(`${name} was not set up.`);
      return place;
    }

    for (const input of BAD_INPUTS) {
      const { name, title, reason, message, stalled } = input;
      it(`${title}: ${reason}`, async () => {
        const cluster = await lab.clusterWhen(
          name,
          'is not ready',
          (current) => stateOf(current, 'Ready') === `False ${reason}`,
        );
        expect(conditionOf(cluster, 'Ready')?.message).to.match(message);
        expect(stateOf(cluster, 'Stalled')).to.equal(stalled ? `True ${reason}` : '');
        const policy = await lab.policyWhen(
          name,
          'says so',
          (current) => stateOf(current, 'Ready') === 'False ClusterNotReady',
        );
        expect(conditionOf(policy, 'Ready')?.message).to.match(message).and.to.include(`(${reason})`);
        expect(stateOf(policy, 'Balanced')).to.equal('Unknown ClusterNotReady');
      });
    }

    it('the privileges that a token lacks are listed', async () => {
      const { status } = await lab.clusterWhen(
        'weak-token',
        'lists them',
        (cluster) => cluster.status?.missingPrivileges !== undefined,
      );
      expect(status?.missingPrivileges).to.deep.equal(['VM.Migrate on /vms']);
    });

    it('none of them has moved anything, all of them recover, and then do their job', async () => {
      for (const { cluster } of places.values()) expect(cluster.migrateRequests()).to.equal(0);
      await Promise.all(BAD_INPUTS.map((input) => input.mend(placeOf(input))));
      await Promise.all(
        BAD_INPUTS.map(async ({ name }) => {
          const cluster = await lab.clusterWhen(
            name,
            'is ready',
            (current) => stateOf(current, 'Ready') === 'True Succeeded',
          );
          expect(stateOf(cluster, 'Stalled') + stateOf(cluster, 'Reconciling')).to.equal('');
          const policy = await lab.policyWhen(
            name,
            'has migrated',
            ({ status }) => status?.totals?.succeeded === 1,
          );
          expect(stateOf(policy, 'Ready')).to.match(/^True /);
        }),
      );
    });
  });

  it('a policy that names no PveCluster: ClusterNotFound', async () => {
    await lab.addPolicy('early', { interval: '1h' });
    const policy = await lab.policyWhen(
      'early',
      'misses its cluster',
      (current) => stateOf(current, 'Ready') === 'False ClusterNotFound',
    );
    expect(conditionOf(policy, 'Ready')?.message).to.match(/There is no PveCluster 'early' .*: create it/);
    expect(stateOf(policy, 'Stalled')).to.equal('True ClusterNotFound');
    await lab.addCluster('early', skewedCluster('early'));
    await lab.policyWhen('early', 'has migrated', ({ status }) => status?.totals?.succeeded === 1);
  });

  it('two PveClusters of one cluster: DuplicateCluster, until the older one is deleted', async () => {
    const pve = await lab.addCluster('older', skewedCluster('older'));
    await aSecondAfter(
      await lab.clusterWhen('older', 'is ready', (current) => stateOf(current, 'Ready') === 'True Succeeded'),
    );
    await lab.create(SECRETS, credentials(lab.named('younger-pve'), OPERATOR_TOKEN));
    await lab.create(CONFIG_MAPS, authority(lab.named('younger-ca'), pve.proxy.caCertificate));
    await lab.create(PVE_CLUSTERS, pveCluster(lab.named('younger'), pve.proxy.url, { probeInterval: '1h' }));
    await lab.addPolicy('younger', { interval: '1h' });
    const younger = await lab.clusterWhen(
      'younger',
      'is a duplicate',
      (current) => stateOf(current, 'Ready') === 'False DuplicateCluster',
    );
    expect(conditionOf(younger, 'Ready')?.message).to.match(
      new RegExp(`PveCluster '${lab.namespace}/older' is the same .* delete this one`),
    );
    await lab.policyWhen(
      'younger',
      'waits',
      (current) => stateOf(current, 'Ready') === 'False ClusterNotReady',
    );
    expect(stateOf(await lab.clusterWhen('older', 'is there', () => true), 'Ready')).to.equal(
      'True Succeeded',
    );
    expect(pve.migrateRequests()).to.equal(0);

    await lab.delete(PVE_CLUSTERS, 'older');
    await lab.policyWhen('younger', 'has migrated', ({ status }) => status?.totals?.succeeded === 1);
  });

  it('two policies on one cluster: ClusterHeld, until the older one lets go', async () => {
    const pve = await lab.addCluster('shared', skewedCluster('shared'));
    await lab.addPolicy('first', { cluster: 'shared', interval: '1h', tolerance: '100%' });
    const first = await lab.policyWhen('first', 'is content', (current) => {
      return stateOf(current, 'Ready') === 'True Balanced';
    });
    await aSecondAfter(first);
    await lab.addPolicy('second', { cluster: 'shared', interval: '1h' });
    const second = await lab.policyWhen(
      'second',
      'is held',
      (current) => stateOf(current, 'Ready') === 'True ClusterHeld',
    );
    expect(conditionOf(second, 'Ready')?.message).to.include(`BalancePolicy '${lab.namespace}/first' has`);
    expect(stateOf(second, 'Balanced')).to.equal('False Imbalanced');
    expect(pve.migrateRequests()).to.equal(0);

    await lab.patch(BALANCE_POLICIES, 'first', { spec: { suspend: true } });
    await lab.policyWhen(
      'first',
      'is suspended',
      (current) => stateOf(current, 'Ready') === 'True Suspended',
    );
    await lab.requestRun('second');
    await lab.policyWhen('second', 'has migrated', ({ status }) => status?.totals?.succeeded === 1);
  });
});
