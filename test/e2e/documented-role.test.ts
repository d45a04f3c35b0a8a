import { expect } from 'chai';
import { CONFIG_MAPS, PVE_CLUSTERS, SECRETS } from '../../src/controllers/resources.ts';
import { OPERATOR_TOKEN, skewedCluster } from '../support/balance-scenario.ts';
import {
  DOCUMENTED_PRIVILEGES,
  type DocumentedAccess,
  documentedAccess,
  userWith,
  withoutPrivilege,
} from '../support/documented-access.ts';
import { type Lab, openLab } from '../support/lab.ts';
import type { LabCluster } from '../support/lab-cluster.ts';
import { authority, conditionOf, credentials, pveCluster, stateOf } from '../support/lab-objects.ts';

const CLUSTER_WIDE = documentedAccess(['Role, user and token']);
const ONE_POOL = documentedAccess(['For some guests only']);

describe('with the role and the token that docs/proxmox.md makes, the operator', () => {
  let lab: Lab;

  before(async () => {
    lab = await openLab('role');
    lab.startOperator();
  });

  after(() => lab.close());

  /** A cluster of which two guests of the hot node are in the pool `prod`. */
  async function addCluster(name: string, access: DocumentedAccess): Promise<LabCluster> {
    const scenario = skewedCluster(name, { pools: ['prod'] });
    const guests = (scenario.guests ?? []).map((guest) =>
      guest.vmid === 101 || guest.vmid === 102 ? { ...guest, pool: 'prod' } : guest,
    );
    const users = [userWith(access, OPERATOR_TOKEN.secret)];
    const cluster = await lab.simulate({ ...scenario, users, guests });
    const token = { id: `${access.user}!${access.token}`, secret: OPERATOR_TOKEN.secret };
    await lab.create(SECRETS, credentials(lab.named(`${name}-pve`), token));
    await lab.create(CONFIG_MAPS, authority(lab.named(`${name}-ca`), cluster.proxy.caCertificate));
    await lab.create(PVE_CLUSTERS, pveCluster(lab.named(name), cluster.proxy.url));
    return cluster;
  }

  const refused = (cluster: LabCluster) =>
    cluster.simulator.requests().filter(({ status }) => status === 401 || status === 403);

  for (const [name, title, access] of [
    ['whole', 'reads the cluster and migrates in it without one refusal', CLUSTER_WIDE],
    ['pool', 'does so as well where it may see and migrate the guests of one pool only', ONE_POOL],
  ] as const) {
    it(title, async () => {
      const cluster = await addCluster(name, access);
      await lab.addPolicy(name, { interval: '1h', maxMigrations: 1 });
      const { status } = await lab.policyWhen(
        name,
        'has migrated',
        (policy) => policy.status?.totals?.succeeded === 1,
      );
      expect(status?.history?.map(({ vmid, outcome }) => `${vmid} ${outcome}`)).to.deep.equal([
        '101 Succeeded',
      ]);
      const ready = await lab.clusterWhen(
        name,
        'is ready',
        (current) => stateOf(current, 'Ready') === 'True Succeeded',
      );
      expect(stateOf(ready, 'Authorized')).to.equal('True Authorized');
      expect(ready.status?.guests?.total).to.equal(name === 'pool' ? 2 : 6);
      expect(refused(cluster)).to.deep.equal([]);
      expect(cluster.simulator.cluster.violations()).to.deep.equal([]);
    });
  }

  it('knows the pools of guests that it may see, so that exclusions hold', async () => {
    await lab.addPolicy('excluding', {
      cluster: 'pool',
      mode: 'DryRun',
      exclusions: { pools: ['prod'] },
    });
    const { status } = await lab.policyWhen(
      'excluding',
      'was evaluated',
      (policy) => policy.status?.plan !== undefined,
    );
    expect(status?.plan?.blocked?.map(({ reason, count }) => `${reason} ${count}`)).to.deep.equal([
      'Excluded 2',
    ]);
  });

  for (const privilege of CLUSTER_WIDE.tokenAcl.flatMap(({ privileges }) => privileges)) {
    it(`says what ${privilege} is for where it is missing, and moves nothing`, async () => {
      // The row of the documentation; the first where there are two, since the other one is about propagation.
      const row = DOCUMENTED_PRIVILEGES.find(({ name }) => name.startsWith(`${privilege} on `));
      const name = privilege.toLowerCase().replace('.', '-');
      const whose = privilege === 'VM.Audit' ? 'userAcl' : 'tokenAcl';
      const cluster = await addCluster(name, withoutPrivilege(CLUSTER_WIDE, privilege, whose));
      await lab.addPolicy(name);
      const found = await lab.clusterWhen(
        name,
        'is not ready',
        (current) => stateOf(current, 'Ready') === 'False Forbidden',
      );
      expect(stateOf(found, 'Stalled')).to.equal('True Forbidden');
      for (const type of ['Ready', 'Authorized']) {
        expect(stateOf(found, type)).to.equal('False Forbidden');
        expect(conditionOf(found, type)?.message)
          .to.include(`The credentials lack ${row?.name} (${row?.purpose}): give the user and`)
          .and.to.include('docs/proxmox.md');
      }
      expect(found.status?.missingPrivileges).to.deep.equal([row?.name]);
      await lab.policyWhen(
        name,
        'waits for the cluster',
        (policy) => stateOf(policy, 'Ready') === 'False ClusterNotReady',
      );
      expect(cluster.migrateRequests()).to.equal(0);
    });
  }
});
