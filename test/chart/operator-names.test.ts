import { expect } from 'chai';
import { kubeconformProblems } from '../support/chart/kubeconform.ts';
import { helmTemplate, renderChart } from '../support/chart/render-chart.ts';
import { EVERYTHING_ON, renderOperator } from '../support/chart/workload.ts';

const CHART = 'pve-cslb-operator';
const LONG = 'a'.repeat(53);

describe('the names in the operator chart', () => {
  it('begin with the release, unless that is called as the chart', async () => {
    const name = async (release: string) => (await renderOperator({ release })).deployment.metadata.name;
    expect(await name('lab')).to.equal('lab-pve-cslb-operator');
    expect(await name('pve-cslb-operator')).to.equal('pve-cslb-operator');
  });

  it('are those of the values', async () => {
    const { deployment, spec } = await renderOperator({
      values: { nameOverride: 'balancer' },
      release: 'lab',
    });
    expect(deployment.metadata.name).to.equal('lab-balancer');
    expect(spec.selector.matchLabels['app.kubernetes.io/name']).to.equal('balancer');
    const overridden = await renderOperator({ values: { fullnameOverride: 'mine' }, release: 'lab' });
    expect(overridden.deployment.metadata.name).to.equal('mine');
  });

  for (const [what, values] of Object.entries({
    'a long release': {},
    'a long name': { nameOverride: `${LONG}-b` },
    'a very long full name': { fullnameOverride: `${LONG}-bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb` },
    'a full name whose 63rd character is a dash': { fullnameOverride: `${'c'.repeat(62)}-d` },
    'a name with dashes where it is cut': { nameOverride: `${'c'.repeat(61)}--d` },
  })) {
    it(`fit Kubernetes with ${what}`, async () => {
      const objects = await renderChart({
        chart: CHART,
        release: LONG,
        values: { ...values, ...EVERYTHING_ON },
      });
      for (const { kind, metadata } of objects) {
        const { name, labels = {} } = metadata;
        const short =
          !kind.startsWith('ClusterRole') && !kind.startsWith('Role') && kind !== 'CustomResourceDefinition';
        if (short) expect(name, kind).to.match(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
        for (const [label, value] of Object.entries(labels)) {
          expect(value, label).to.match(/^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/);
        }
      }
      const names = objects.map(({ kind, metadata }) => `${kind} ${metadata.namespace}/${metadata.name}`);
      expect(new Set(names).size).to.equal(names.length);
    });
  }

  it('are those of Services as well where the release has dots', async () => {
    const objects = await renderChart({ chart: CHART, release: 'lab.v1.5', values: EVERYTHING_ON });
    const service = objects.find(({ kind }) => kind === 'Service');
    expect(service?.metadata.name).to.equal('lab-v1-5-pve-cslb-operator-metrics');
    expect(service?.metadata.labels).to.include({ 'app.kubernetes.io/instance': 'lab.v1.5' });
  });

  it('are texts, also where YAML would read a number, a switch or nothing', async () => {
    const { code, stdout, stderr } = await helmTemplate({
      chart: CHART,
      release: '1.5',
      namespace: '123',
      values: {
        ...EVERYTHING_ON,
        nameOverride: '0x1f',
        fullnameOverride: 'on',
        watchNamespaces: ['1e3', '12'],
        leaderElection: { leaseName: 'true' },
        serviceAccount: { name: 'null' },
        priorityClassName: '5',
        runtimeClassName: 'off',
        schedulerName: 'no',
      },
    });
    expect(code, stderr).to.equal(0);
    expect(await kubeconformProblems(stdout)).to.deep.equal([]);
  });

  it('are in the namespace of the release, or that of the values', async () => {
    for (const [namespace, values] of [
      ['there', {}],
      ['elsewhere', { namespaceOverride: 'elsewhere' }],
    ] as const) {
      const objects = await renderChart({
        chart: CHART,
        namespace: 'there',
        values: { ...EVERYTHING_ON, ...values },
      });
      const namespaces = objects.flatMap(({ metadata }) => metadata.namespace ?? []);
      expect(new Set(namespaces)).to.deep.equal(new Set([namespace]));
    }
  });
});

describe('the labels in the operator chart', () => {
  const RECOMMENDED = ['name', 'instance', 'version', 'component', 'part-of', 'managed-by'];

  it('are the recommended ones and those of the values, on every object', async () => {
    const values = {
      ...EVERYTHING_ON,
      commonLabels: { team: '{{ .Release.Name }}' },
      commonAnnotations: { a: 'b' },
    };
    for (const { kind, metadata } of await renderChart({ chart: CHART, values, release: 'lab' })) {
      for (const name of RECOMMENDED) {
        expect(metadata.labels, `${kind} ${metadata.name}`).to.have.property(`app.kubernetes.io/${name}`);
      }
      expect(metadata.labels).to.include({ team: 'lab' });
      expect(metadata.annotations, `${kind} ${metadata.name}`).to.include({ a: 'b' });
    }
  });

  it('are texts, whatever comes of their templates', async () => {
    const values = {
      commonLabels: { revision: '0{{ .Release.Revision }}' },
      podAnnotations: { says: `{{ "it's: \\"so\\"" }}` },
    };
    const { deployment, spec } = await renderOperator({ values });
    expect(deployment.metadata.labels).to.include({ revision: '01' });
    expect(spec.template.metadata.annotations).to.include({ says: `it's: "so"` });
    const { stdout } = await helmTemplate({ chart: CHART, values });
    expect(await kubeconformProblems(stdout)).to.deep.equal([]);
  });

  it('that select pods are two, and no value but the names changes them', async () => {
    const values = {
      commonLabels: { 'app.kubernetes.io/name': 'other', 'app.kubernetes.io/instance': 'other', team: 'x' },
      podLabels: { 'app.kubernetes.io/name': 'other' },
    };
    const { spec } = await renderOperator({ values, release: 'lab' });
    const labels = { 'app.kubernetes.io/name': 'pve-cslb-operator', 'app.kubernetes.io/instance': 'lab' };
    expect(spec.selector.matchLabels).to.deep.equal(labels);
    expect(spec.template.metadata.labels).to.include(labels);
  });
});
