import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { API_VERSION } from '../../src/api/resource.ts';
import { validateManifest } from '../../src/api/validation/validate-manifest.ts';
import { ciValues } from '../support/chart/ci-values.ts';
import { chartFolder } from '../support/chart/helm.ts';
import { type RenderedObject, renderChart } from '../support/chart/render-chart.ts';

const CHART = 'pve-cslb-policies';
const NAMESPACE = 'proxmox';
const ENDPOINTS = ['https://pve1.example:8006', 'https://pve2.example:8006'];
const SPEC = { clusterRef: { name: 'lab' }, mode: 'DryRun' };
const PEM = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';

interface Cluster {
  readonly credentials?: object;
  readonly ca?: object;
  readonly tls?: object;
  readonly [more: string]: unknown;
}

/** The objects of one cluster, `lab`. */
function cluster({ credentials = { existingSecret: 'theirs' }, ca, tls, ...more }: Cluster) {
  const spec = { endpoints: ENDPOINTS, ...(tls ? { tls } : {}) };
  return render({ clusters: { lab: { credentials, spec, ...(ca ? { ca } : {}), ...more } } });
}

function render(values: object): Promise<readonly RenderedObject[]> {
  return renderChart({ chart: CHART, release: 'lab', namespace: NAMESPACE, values });
}

function only(objects: readonly RenderedObject[], kind: string): RenderedObject {
  const [found, ...others] = objects.filter((object) => object.kind === kind);
  if (!found || others.length > 0) throw new Error(`There is not just one ${kind}.`);
  return found;
}

function metadata(chart: string) {
  return parse(readFileSync(join(chartFolder(chart), 'Chart.yaml'), 'utf8'));
}

/** Of a Secret. */
function decoded({ data }: RenderedObject): object {
  const entries = Object.entries(data ?? {});
  return Object.fromEntries(
    entries.map(([key, text]) => [key, Buffer.from(text, 'base64').toString('utf8')]),
  );
}

describe('the chart of clusters and policies', () => {
  it('is of one version with the chart of the operator', () => {
    const { name, description, keywords, annotations, ...shared } = metadata('pve-cslb-operator');
    expect(metadata(CHART)).to.deep.include(shared);
    expect(metadata(CHART).name).to.equal(CHART);
  });

  it('declares nothing by itself', async () => {
    expect(await render({})).to.deep.equal([]);
  });

  for (const { name, path } of ciValues(CHART)) {
    it(`renders valid clusters and policies with ci/${name}`, async () => {
      const objects = await renderChart({ chart: CHART, files: [path] });
      const ours = objects.filter(({ apiVersion }) => apiVersion === API_VERSION);
      expect(ours.length).to.be.greaterThan(0);
      for (const object of ours) expect(validateManifest(object)).to.have.property('kind', 'Valid');
    });
  }

  it('takes the example of its README', async () => {
    const readme = readFileSync(join(chartFolder(CHART), 'README.template.md'), 'utf8');
    const [, example = ''] = /^```yaml\n(.*?)^```$/ms.exec(readme) ?? [];
    const objects = await render(parse(example));
    expect(objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).to.have.members([
      'PveCluster lab',
      'BalancePolicy lab',
    ]);
    for (const object of objects) expect(validateManifest(object)).to.have.property('kind', 'Valid');
  });

  it('puts a token into a Secret that opts in and is bound to the endpoints', async () => {
    const objects = await cluster({ credentials: { tokenId: 'a@pve!b', tokenSecret: 'c' } });
    const secret = only(objects, 'Secret');
    expect(secret.type).to.equal('pve-cslb.io/credentials');
    expect(secret.metadata).to.include({ name: 'lab-pve', namespace: NAMESPACE });
    expect(decoded(secret)).to.deep.equal({
      tokenId: 'a@pve!b',
      tokenSecret: 'c',
      endpoints: ENDPOINTS.join('\n'),
    });
    expect(only(objects, 'PveCluster').spec).to.deep.equal({
      endpoints: ENDPOINTS,
      credentialsSecretRef: { name: 'lab-pve' },
    });
  });

  it('puts a login there, and leaves the binding out where it is told to', async () => {
    const credentials = { username: 'a@pve', password: 'p: "ä" {{ x }}', bindEndpoints: false };
    const secret = only(await cluster({ credentials }), 'Secret');
    expect(decoded(secret)).to.deep.equal({ username: credentials.username, password: credentials.password });
  });

  it('makes no Secret where there is one', async () => {
    const objects = await cluster({});
    expect(objects.map(({ kind }) => kind)).to.deep.equal(['PveCluster']);
    expect(only(objects, 'PveCluster').spec).to.deep.include({ credentialsSecretRef: { name: 'theirs' } });
  });

  it('refers to a CA of the values and to those that exist, beside fingerprints', async () => {
    const tls = { fingerprints: ['AB:CD'] };
    const given = await cluster({ ca: { certificate: PEM }, tls });
    expect(only(given, 'ConfigMap').metadata.name).to.equal('lab-ca');
    expect(only(given, 'ConfigMap').data).to.deep.equal({ 'ca.crt': PEM });
    expect(only(given, 'PveCluster').spec).to.deep.include({
      tls: { ...tls, caRef: { kind: 'ConfigMap', name: 'lab-ca', key: 'ca.crt' } },
    });
    const configMap = await cluster({ ca: { existingConfigMap: 'roots', key: 'pve.pem' } });
    expect(only(configMap, 'PveCluster').spec).to.deep.include({
      tls: { caRef: { kind: 'ConfigMap', name: 'roots', key: 'pve.pem' } },
    });
    const secret = await cluster({ ca: { existingSecret: 'roots' } });
    expect(only(secret, 'PveCluster').spec).to.deep.include({
      tls: { caRef: { kind: 'Secret', name: 'roots', key: 'ca.crt' } },
    });
  });

  it('hands the spec of a policy through as it is written', async () => {
    const spec = {
      clusterRef: { name: 'lab' },
      mode: 'Automatic',
      suspend: false,
      maxMigrations: 1000,
      exclusions: { vmids: [100, 999_999_999], tags: [] },
      windows: [{ schedule: '0 22 * * *', duration: '6h' }],
    };
    const policy = only(await render({ policies: { nights: { spec } } }), 'BalancePolicy');
    expect(policy.metadata).to.include({ name: 'nights', namespace: NAMESPACE });
    expect(policy.spec).to.deep.equal(spec);
  });

  it('leaves out an entry that a second file of values takes away', async () => {
    const objects = await renderChart({
      chart: CHART,
      files: ciValues(CHART).flatMap(({ name, path }) => (name === 'inline-token-values.yaml' ? [path] : [])),
      values: { clusters: { lab: null }, policies: { other: { spec: SPEC } } },
    });
    expect(objects.map(({ kind, metadata: { name } }) => `${kind} ${name}`)).to.have.members([
      'BalancePolicy lab',
      'BalancePolicy other',
    ]);
    expect(await render({ clusters: null, policies: null })).to.deep.equal([]);
  });

  it('labels and annotates everything, and lets nothing take its own labels away', async () => {
    const objects = await render({
      namespaceOverride: 'elsewhere',
      commonLabels: { team: 'all', 'app.kubernetes.io/instance': 'stolen' },
      commonAnnotations: { contact: 'all' },
      clusters: {
        lab: {
          credentials: { tokenId: 'a', tokenSecret: 'b' },
          ca: { certificate: PEM },
          spec: { endpoints: ENDPOINTS },
        },
      },
      policies: {
        lab: {
          labels: { team: 'ours' },
          annotations: { contact: 'ours' },
          spec: SPEC,
        },
      },
    });
    expect(objects.map(({ kind }) => kind)).to.have.members([
      'Secret',
      'ConfigMap',
      'PveCluster',
      'BalancePolicy',
    ]);
    for (const { kind, metadata } of objects) {
      const own = kind === 'BalancePolicy' ? 'ours' : 'all';
      expect(metadata.namespace).to.equal('elsewhere');
      expect(metadata.labels).to.include({
        team: own,
        'app.kubernetes.io/name': CHART,
        'app.kubernetes.io/instance': 'lab',
        'app.kubernetes.io/managed-by': 'Helm',
      });
      expect(metadata.annotations).to.deep.equal({ contact: own });
    }
  });
});
