import { join } from 'node:path';
import { expect } from 'chai';
import { chartFolder } from '../support/chart/helm.ts';
import { objectOf, renderChart } from '../support/chart/render-chart.ts';
import { renderOperator } from '../support/chart/workload.ts';

const CHART = 'pve-cslb-operator';
const LOCKED_DOWN = [join(chartFolder(CHART), 'ci', 'locked-down-values.yaml')];

interface Peer {
  readonly podSelector: { readonly matchLabels: Readonly<Record<string, string>> };
}

const port = (number: number | string, protocol = 'TCP') => ({ port: number, protocol });

describe('the NetworkPolicy of the operator chart', () => {
  it('is for the pods of the operator, both ways', async () => {
    const { objects, spec } = await renderOperator({ values: { networkPolicy: { enabled: true } } });
    const policy = objectOf(objects, 'NetworkPolicy');
    expect(policy.spec).to.deep.equal({
      podSelector: spec.selector,
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ ports: [port('health')] }, { ports: [port('metrics')] }],
      egress: [
        { ports: [port(53, 'UDP'), port(53)] },
        { ports: [port(443), port(6443)] },
        { ports: [port(8006)] },
      ],
    });
  });

  it('says where and who, as the values do', async () => {
    const policy = objectOf(await renderChart({ chart: CHART, files: LOCKED_DOWN }), 'NetworkPolicy');
    const namespace = (name: string) => [
      { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } } },
    ];
    expect(policy.spec).to.deep.include({
      ingress: [
        { ports: [port('health')] },
        { ports: [port('metrics')], from: namespace('monitoring') },
        { from: [{ podSelector: {} }] },
      ],
      egress: [
        { ports: [port(53, 'UDP'), port(53)], to: namespace('kube-system') },
        { ports: [port(6443)], to: [{ ipBlock: { cidr: '192.0.2.10/32' } }] },
        { ports: [port(8006), port(443)], to: [{ ipBlock: { cidr: '198.51.100.0/24' } }] },
        { ports: [port(3128)] },
      ],
    });
  });

  it('lets the pod of helm test at the metrics, whoever else may read them', async () => {
    const metrics = { from: [{ podSelector: { matchLabels: { app: 'prometheus' } } }] };
    const values = { networkPolicy: { enabled: true, metrics } };
    const objects = await renderChart({ chart: CHART, values });
    const { ingress } = objectOf(objects, 'NetworkPolicy').spec as {
      readonly ingress: readonly { readonly from?: readonly Peer[] }[];
    };
    const [first, second, ...others] = ingress[1]?.from ?? [];
    expect([first, others]).to.deep.equal([metrics.from[0], []]);
    expect(objectOf(objects, 'Pod').metadata.labels).to.include(second?.podSelector.matchLabels);
  });

  it('lets nobody at metrics that are off', async () => {
    const values = { networkPolicy: { enabled: true }, metrics: { enabled: false } };
    const policy = objectOf(await renderChart({ chart: CHART, values }), 'NetworkPolicy');
    expect(policy.spec).to.deep.include({ ingress: [{ ports: [port('health')] }] });
  });
});

describe('the Service of the operator chart', () => {
  it('leads to the metrics of the operator by the name of the port', async () => {
    const values = {
      metrics: { port: 9090, service: { port: 80, labels: { a: 'b' }, annotations: { c: 'd' } } },
    };
    const { objects, spec, container } = await renderOperator({ values });
    const service = objectOf(objects, 'Service');
    expect(service.spec).to.deep.equal({
      type: 'ClusterIP',
      ports: [{ name: 'metrics', port: 80, targetPort: 'metrics', protocol: 'TCP' }],
      selector: spec.selector.matchLabels,
    });
    expect(container.ports).to.deep.include({ name: 'metrics', containerPort: 9090, protocol: 'TCP' });
    expect(service.metadata.labels).to.include({ a: 'b' });
    expect(service.metadata.annotations).to.deep.equal({ c: 'd' });
  });

  it('is not there without metrics, or where it is not wanted', async () => {
    for (const metrics of [{ enabled: false }, { service: { enabled: false } }]) {
      const kinds = (await renderChart({ chart: CHART, values: { metrics } })).map(({ kind }) => kind);
      expect(kinds).not.to.include('Service');
    }
  });
});

describe('the PodDisruptionBudget of the operator chart', () => {
  async function budget(podDisruptionBudget: object) {
    const values = { replicaCount: 3, podDisruptionBudget: { enabled: true, ...podDisruptionBudget } };
    const { objects, spec } = await renderOperator({ values });
    const { selector, ...rest } = objectOf(objects, 'PodDisruptionBudget').spec as {
      readonly selector: object;
    };
    expect(selector).to.deep.equal(spec.selector);
    return rest;
  }

  it('lets one pod be evicted, and always those that are not ready', async () => {
    expect(await budget({})).to.deep.equal({ maxUnavailable: 1, unhealthyPodEvictionPolicy: 'AlwaysAllow' });
  });

  it('says what the values say', async () => {
    expect(
      await budget({ minAvailable: '50%', unhealthyPodEvictionPolicy: 'IfHealthyBudget' }),
    ).to.deep.equal({
      minAvailable: '50%',
      unhealthyPodEvictionPolicy: 'IfHealthyBudget',
    });
    expect(await budget({ maxUnavailable: 2 })).to.include({ maxUnavailable: 2 });
    expect(await budget({ minAvailable: 0 })).to.include({ minAvailable: 0 });
    expect(await budget({ minAvailable: null, maxUnavailable: null })).to.include({ maxUnavailable: 1 });
  });

  it('is not there where it is not wanted', async () => {
    const kinds = (await renderChart({ chart: CHART })).map(({ kind }) => kind);
    expect(kinds).not.to.include('PodDisruptionBudget');
    expect(kinds).not.to.include('NetworkPolicy');
  });
});
