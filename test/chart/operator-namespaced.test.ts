import { expect } from 'chai';
import { skewedCluster } from '../support/balance-scenario.ts';
import { type ChartLab, openChartLab, portValues } from '../support/chart/chart-lab.ts';
import { chartFolder } from '../support/chart/helm.ts';
import { policiesValues } from '../support/chart/policies-values.ts';
import type { LabCluster } from '../support/lab-cluster.ts';
import { stateOf } from '../support/lab-objects.ts';
import type { DeployedOperator } from '../support/pods/deployed-operator.ts';
import { runHelmTest } from '../support/pods/test-pod.ts';

const OPERATOR = 'pve-cslb-operator';
const SYSTEM = 'team-a-operator';
const ACCOUNT = { namespace: SYSTEM, name: OPERATOR };

describe('the operator, installed for one namespace of two,', () => {
  let lab: ChartLab;
  let ours: LabCluster;
  let theirs: LabCluster;
  let operator: DeployedOperator;

  before(async () => {
    lab = await openChartLab();
    for (const namespace of ['team-a', 'team-b']) await lab.kubectl(['create', 'namespace', namespace]);
    await lab.helm(
      ['install', OPERATOR, chartFolder('pve-cslb-operator'), '--namespace', SYSTEM, '--create-namespace'],
      {
        ...(await portValues()),
        watchNamespaces: ['team-a'],
        rbac: { secretNames: ['lab-pve'], configMapNames: ['lab-ca'] },
      },
    );
    operator = await lab.startOperator(SYSTEM, OPERATOR);
    ours = await lab.simulate(skewedCluster('ours'));
    theirs = await lab.simulate(skewedCluster('theirs'));
    const chart = chartFolder('pve-cslb-policies');
    await lab.helm(['install', 'theirs', chart, '--namespace=team-b'], policiesValues('lab', theirs));
    await lab.helm(['install', 'ours', chart, '--namespace=team-a'], policiesValues('lab', ours));
    await lab
      .objects('team-a')
      .policyWhen('lab', 'is balanced', (policy) => stateOf(policy, 'Balanced') === 'True Balanced');
  });

  after(() => lab.close());

  it('balances what is in its namespace', () => {
    expect(ours.migrations().map(({ vmid, exitStatus }) => ({ vmid, exitStatus }))).to.deep.equal([
      { vmid: 101, exitStatus: 'OK' },
    ]);
  });

  it('does not know of the other one', async () => {
    expect(theirs.simulator.requests()).to.deep.equal([]);
    // What the CRD gives an object that nobody has looked at yet.
    expect((await lab.objects('team-b').policy('lab')).status).to.deep.equal({ observedGeneration: -1 });
    const elsewhere = lab.controlPlane
      .requestsOf(ACCOUNT)
      .filter(({ namespace, resource }) => namespace !== 'team-a' && resource !== 'leases');
    const resources = new Set(
      elsewhere.map(({ resource }) => resource).filter((name) => !name.startsWith('/')),
    );
    expect([...resources]).to.deep.equal([]);
  });

  it('is refused nothing', () => {
    const requests = lab.controlPlane.requestsOf(ACCOUNT);
    expect(requests.filter(({ code }) => code === 200).length).to.be.greaterThan(10);
    expect(requests.filter(({ code }) => code === 401 || code === 403)).to.deep.equal([]);
  });

  it('passes its own test', async () => {
    const { controlPlane, directory } = lab;
    const pods = [operator.pod];
    const [result] = await runHelmTest({
      controlPlane,
      namespace: SYSTEM,
      release: OPERATOR,
      pods,
      directory,
    });
    expect(result).to.include({ code: 0, stderr: '' });
    expect(result?.stdout).to.match(/^ok: namespaces\/team-a\/pveclusters can be listed$/m);
  });

  it('has Roles and no ClusterRole', async () => {
    const bindings = JSON.parse(
      await lab.kubectl(['get', 'clusterrolebindings,rolebindings', '--all-namespaces', '--output=json']),
    );
    const bound = bindings.items
      .filter(({ subjects = [] }: { subjects?: readonly { name: string }[] }) =>
        subjects.some(({ name }) => name === OPERATOR),
      )
      .map(
        ({
          kind,
          metadata,
          roleRef,
        }: {
          kind: string;
          metadata: { namespace?: string };
          roleRef: { kind: string };
        }) => `${kind} in ${metadata.namespace}: ${roleRef.kind}`,
      );
    expect(bound).to.have.members(['RoleBinding in team-a: Role', `RoleBinding in ${SYSTEM}: Role`]);
  });

  it('may read the Secret and the ConfigMap that it was told of, and nothing in the other namespace', async () => {
    const questions = {
      'get secrets/lab-pve --namespace=team-a': 'yes',
      'get configmaps/lab-ca --namespace=team-a': 'yes',
      'list balancepolicies.pve-cslb.io --namespace=team-a': 'yes',
      'get secrets/another --namespace=team-a': 'no',
      'list secrets --namespace=team-a': 'no',
      'get configmaps/another --namespace=team-a': 'no',
      'list balancepolicies.pve-cslb.io --namespace=team-b': 'no',
      'list balancepolicies.pve-cslb.io --all-namespaces': 'no',
      'get secrets/lab-pve --namespace=team-b': 'no',
      [`get secrets --namespace=${SYSTEM}`]: 'no',
      [`list balancepolicies.pve-cslb.io --namespace=${SYSTEM}`]: 'no',
    };
    const answers = await Promise.all(
      Object.keys(questions).map(async (question) => {
        const { stdout } = await lab.kubectlAs(ACCOUNT, ['auth', 'can-i', ...question.split(' ')]);
        return [question, stdout.trim()];
      }),
    );
    expect(Object.fromEntries(answers)).to.deep.equal(questions);
  });
});
