import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { type ChartLab, openChartLab } from '../support/chart/chart-lab.ts';
import { chartFolder } from '../support/chart/helm.ts';
import { untilServed } from '../support/until-served.ts';
import { waitFor } from '../support/wait-for.ts';

const SYSTEM = 'pve-cslb-system';
const OPERATOR = 'pve-cslb-operator';
const EARLIER = fileURLToPath(new URL('../fixtures/charts/pve-cslb-operator', import.meta.url));
const POLICIES = 'balancepolicies.pve-cslb.io';
const CRDS = ['balancepolicies.pve-cslb.io', 'pveclusters.pve-cslb.io'];

const SPEC = { clusterRef: { name: 'lab' }, mode: 'Approve' };

/** With the field that the earlier kind lacks. */
const policy = (name: string) =>
  JSON.stringify({
    apiVersion: 'pve-cslb.io/v1alpha1',
    kind: 'BalancePolicy',
    metadata: { name, namespace: 'default' },
    spec: { ...SPEC, approvalTimeout: '12h' },
  });

const policies = (name: string) => ({ policies: { [name]: { spec: SPEC } } });

describe('a release of the operator, from packaged charts', () => {
  let lab: ChartLab;
  let earlier: string;
  let current: string;
  let tooEarly: string;
  let uid: string;

  before(async () => {
    lab = await openChartLab();
    earlier = await packaged(EARLIER);
    current = await packaged(chartFolder('pve-cslb-operator'));
    tooEarly = await lab
      .helm(['install', 'early', chartFolder('pve-cslb-policies')], policies('early'))
      .catch(String);
    await helm('install', OPERATOR, earlier, '--create-namespace');
    await untilServed(lab.controlPlane, CRDS);
    await lab.helm(['install', 'lab', chartFolder('pve-cslb-policies')], policies('old'));
    uid = await field(`${POLICIES}/old`, '.metadata.uid');
  });

  after(() => lab.close());

  it('has to be there before clusters and policies can be declared', () => {
    expect(tooEarly)
      .to.include('no matches for kind "BalancePolicy"')
      .and.to.include('ensure CRDs are installed');
  });

  it('begins without the field, and with a release of policies', async () => {
    expect(await image()).to.match(/:0\.0\.1$/);
    const { code, stderr } = await apply(policy('new'));
    expect(code).to.equal(1);
    expect(stderr).to.include('unknown field "spec.approvalTimeout"');
  });

  it('is upgraded, its kinds too, and serves the new field', async () => {
    await helm('upgrade', OPERATOR, current);
    await served(policy('new'));
    expect(await field(`${POLICIES}/new`, '.spec.approvalTimeout')).to.equal('12h');
    // The objects of before have the field's default.
    expect(await field(`${POLICIES}/old`, '.spec.approvalTimeout')).to.equal('24h');
    expect(await field(`${POLICIES}/old`, '.metadata.uid')).to.equal(uid);
    expect(await image()).not.to.match(/:0\.0\.1$/);
  });

  it('is rolled back, and forth again, with every policy in place', async () => {
    await helm('rollback', OPERATOR, '1');
    await waitFor(
      'the field is not served any more',
      () => apply(policy('newer')),
      ({ stderr }) => stderr.includes('unknown field "spec.approvalTimeout"'),
    );
    expect(await image()).to.match(/:0\.0\.1$/);
    expect(await field(`${POLICIES}/old`, '.metadata.uid')).to.equal(uid);

    await helm('upgrade', OPERATOR, current);
    await served(policy('new'));
    expect(await field(`${POLICIES}/old`, '.metadata.uid')).to.equal(uid);
  });

  it('is uninstalled without a trace but the kinds and the policies', async () => {
    await helm('uninstall', OPERATOR);
    expect(await remains()).to.deep.equal(
      CRDS.map((name) => `customresourcedefinition.apiextensions.k8s.io/${name}`),
    );
    expect(await field(`${POLICIES}/old`, '.metadata.uid')).to.equal(uid);
  });

  it('takes the kinds over when it is installed again', async () => {
    await helm('install', OPERATOR, current);
    expect(await field(`${POLICIES}/old`, '.metadata.uid')).to.equal(uid);
  });

  it('takes everything along when it is uninstalled without crds.keep', async () => {
    await helm('upgrade', OPERATOR, current, '--set', 'crds.keep=false');
    await helm('uninstall', OPERATOR);
    await waitFor('nothing is left', remains, (objects) => objects.length === 0);
  });

  async function packaged(chart: string): Promise<string> {
    const output = await lab.helm(['package', chart, '--destination', lab.directory]);
    const [path] = /\S+\.tgz/.exec(output) ?? [];
    if (!path) throw new Error(`helm package does not say where the chart is: ${output}`);
    return path;
  }

  function helm(verb: string, ...args: readonly string[]): Promise<string> {
    return lab.helm([verb, ...args, '--namespace', SYSTEM]);
  }

  function apply(manifest: string) {
    return lab.controlPlane.kubectl(['apply', '--filename=-'], manifest);
  }

  /** A changed CRD is served a moment after it was stored. */
  async function served(manifest: string): Promise<void> {
    await waitFor(
      'the new field is served',
      () => apply(manifest),
      ({ code }) => code === 0,
    );
  }

  async function field(object: string, path: string): Promise<string> {
    const namespace = object.startsWith('deployment/') ? SYSTEM : 'default';
    return lab.kubectl(['get', object, '--namespace', namespace, '--output', `jsonpath={${path}}`]);
  }

  const image = () => field(`deployment/${OPERATOR}`, '.spec.template.spec.containers[0].image');

  /** All objects of the release, by its label. */
  async function remains(): Promise<readonly string[]> {
    const kinds = (await lab.kubectl(['api-resources', '--verbs=list', '--output=name']))
      .split('\n')
      // Secrets of helm itself have another label; Events and reviews are of nobody.
      .filter((kind) => kind !== '' && !kind.startsWith('events'));
    const output = await lab.kubectl([
      'get',
      kinds.join(','),
      '--all-namespaces',
      `--selector=app.kubernetes.io/instance=${OPERATOR}`,
      '--output=name',
    ]);
    return output
      .split('\n')
      .filter((name) => name !== '')
      .sort();
  }
});
