import { expect } from 'chai';
import { skewedCluster } from '../support/balance-scenario.ts';
import { type ChartLab, openChartLab, portValues } from '../support/chart/chart-lab.ts';
import { chartFolder } from '../support/chart/helm.ts';
import { policiesValues } from '../support/chart/policies-values.ts';
import type { LabCluster } from '../support/lab-cluster.ts';
import { stateOf } from '../support/lab-objects.ts';
import type { DeployedOperator } from '../support/pods/deployed-operator.ts';
import { runHelmTest } from '../support/pods/test-pod.ts';
import { parseSamples } from '../support/scrape.ts';

const SYSTEM = 'pve-cslb-system';
const OPERATOR = 'pve-cslb-operator';
const ACCOUNT = { namespace: SYSTEM, name: OPERATOR };
/** Under the strictest Pod Security Standard, as the API server enforces it. */
const NAMESPACE = {
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: SYSTEM, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
};

/** What nobody has granted, of each kind of harm: `verb resource`, and flags of `kubectl auth can-i`. */
const FORBIDDEN: readonly string[] = [
  'list secrets',
  'watch secrets',
  'create secrets',
  'delete secrets',
  'list configmaps',
  'update configmaps',
  'create pods',
  'create pods/exec',
  'list nodes',
  'create serviceaccounts/token',
  'create balancepolicies.pve-cslb.io',
  'update balancepolicies.pve-cslb.io',
  'patch balancepolicies.pve-cslb.io',
  'delete balancepolicies.pve-cslb.io',
  'update balancepolicies.pve-cslb.io/status',
  'patch pveclusters.pve-cslb.io',
  'delete pveclusters.pve-cslb.io',
  'delete events.events.k8s.io',
  'create events',
  'list leases.coordination.k8s.io',
  'delete leases.coordination.k8s.io',
  'get leases.coordination.k8s.io/another',
  'create leases.coordination.k8s.io --namespace=proxmox',
  'patch customresourcedefinitions.apiextensions.k8s.io',
  'escalate clusterroles.rbac.authorization.k8s.io',
  'impersonate serviceaccounts',
];

describe('the charts, installed on a real API server with what they come with,', () => {
  let lab: ChartLab;
  let pve: LabCluster;
  let operator: DeployedOperator;

  before(async () => {
    lab = await openChartLab();
    await lab.kubectl(['create', '--filename=-'], JSON.stringify(NAMESPACE));
    const place = ['--namespace', SYSTEM];
    await lab.helm(['install', OPERATOR, chartFolder('pve-cslb-operator'), ...place], await portValues());
    operator = await lab.startOperator(SYSTEM, OPERATOR);
    pve = await lab.simulate(skewedCluster('lab', { hotNodes: 2 }));
    await lab.helm(
      ['install', 'lab', chartFolder('pve-cslb-policies'), '--namespace=proxmox', '--create-namespace'],
      policiesValues('lab', pve, { migration: { containers: 'Restart' } }),
    );
    await lab
      .objects('proxmox')
      .policyWhen('lab', 'is balanced', (policy) => stateOf(policy, 'Balanced') === 'True Balanced');
  });

  after(() => lab.close());

  it('balance the cluster: the Deployment runs as it says, in a namespace that is restricted', async () => {
    const moves = pve.migrations().map(({ vmid, source, target, exitStatus }) => ({
      vmid,
      source,
      target,
      exitStatus,
    }));
    expect(moves).to.have.deep.members([
      { vmid: 101, source: 'pve1', target: 'pve3', exitStatus: 'OK' },
      { vmid: 201, source: 'pve2', target: 'pve4', exitStatus: 'OK' },
    ]);
    expect(pve.simulator.cluster.violations()).to.deep.equal([]);
    expect(pve.otherWrites()).to.deep.equal([]);
    const unrestricted = ['run', 'pause', '--image=pause', '--namespace', SYSTEM, '--dry-run=server'];
    const refused = await lab.controlPlane.kubectl(unrestricted);
    expect(refused.stderr).to.include('violates PodSecurity "restricted:latest"');
  });

  it('are asked for nothing that they forbid', async () => {
    const requests = lab.controlPlane.requestsOf(ACCOUNT);
    const asked = (verb: string, resource: string) =>
      requests.some((request) => request.verb === verb && request.resource === resource);
    expect(asked('watch', 'balancepolicies')).to.equal(true);
    expect(asked('patch', 'balancepolicies/status')).to.equal(true);
    expect(asked('get', 'secrets')).to.equal(true);
    expect(asked('create', 'events')).to.equal(true);
    expect(asked('update', 'leases')).to.equal(true);
    expect(requests.filter(({ code }) => code === 401 || code === 403)).to.deep.equal([]);
    const errors = operator.process.logs().filter(({ level }) => level === 'error' || level === 'fatal');
    expect(errors).to.deep.equal([]);
  });

  it('let the kubelet and Prometheus see that it works', async () => {
    expect(await operator.probe('livenessProbe')).to.equal(200);
    expect(await operator.probe('readinessProbe')).to.equal(200);
    const samples = parseSamples(await (await operator.get('metrics', '/metrics')).text());
    const forbidden = [...samples.keys()].filter(
      (name) => name.startsWith('rest_client_requests_total') && name.includes('code="403"'),
    );
    expect(forbidden).to.deep.equal([]);
    const succeeded = 'namespace="proxmox",outcome="Succeeded",policy="lab"';
    expect(samples.get(`pve_cslb_migrations_total{${succeeded}}`)).to.equal(2);
  });

  it('give the ServiceAccount these rights in every namespace', async () => {
    expect(await rightsIn('proxmox')).to.have.members([
      'balancepolicies.pve-cslb.io [] [] [get list watch]',
      'pveclusters.pve-cslb.io [] [] [get list watch]',
      'balancepolicies.pve-cslb.io/status [] [] [patch]',
      'pveclusters.pve-cslb.io/status [] [] [patch]',
      'events.events.k8s.io [] [] [create patch]',
      'secrets [] [] [get]',
      'configmaps [] [] [get]',
    ]);
  });

  it('give it a Lease in its own namespace besides', async () => {
    const elsewhere = await rightsIn('proxmox');
    const added = (await rightsIn(SYSTEM)).filter((right) => !elsewhere.includes(right));
    expect(added).to.have.members([
      'leases.coordination.k8s.io [] [] [create]',
      `leases.coordination.k8s.io [] [${OPERATOR}] [get update]`,
    ]);
  });

  it('allow it nothing else', async () => {
    const answers = await Promise.all(
      FORBIDDEN.map(async (right) => {
        const args = ['auth', 'can-i', '--namespace', SYSTEM, ...right.split(' ')];
        return `${right}: ${(await lab.kubectlAs(ACCOUNT, args)).stdout.trim()}`;
      }),
    );
    expect(answers).to.deep.equal(FORBIDDEN.map((right) => `${right}: no`));
    const allowed = await lab.kubectlAs(ACCOUNT, [
      'auth',
      'can-i',
      'patch',
      'bpol/lab',
      '--subresource=status',
    ]);
    expect(allowed.stdout.trim()).to.equal('yes');
  });

  it('pass their own test', async () => {
    const { controlPlane, directory } = lab;
    const pods = [operator.pod];
    const results = await runHelmTest({
      controlPlane,
      namespace: SYSTEM,
      release: OPERATOR,
      pods,
      directory,
    });
    expect(results).to.have.lengthOf(1);
    expect(results[0]?.stderr).to.equal('');
    expect(results[0]?.code).to.equal(0);
    expect(results[0]?.stdout).to.match(/^ok: pveclusters can be listed$/m);
    expect(results[0]?.stdout).to.match(/^ok: operator \S+ answers at http:/m);
  });

  async function rightsIn(namespace: string): Promise<readonly string[]> {
    const args = ['auth', 'can-i', '--list', '--no-headers', '--namespace', namespace];
    const { stdout } = await lab.kubectlAs(ACCOUNT, args);
    return stdout
      .split('\n')
      .filter((line) => /^\S/.test(line) && !line.startsWith('self'))
      .map((line) => line.replaceAll(/ {2,}/g, ' ').trim());
  }
});
