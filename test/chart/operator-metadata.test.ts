import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { validateManifest } from '../../src/api/validation/validate-manifest.ts';
import { chartFolder, runHelm } from '../support/chart/helm.ts';
import { helmTemplate } from '../support/chart/render-chart.ts';
import { renderOperator } from '../support/chart/workload.ts';
import { CRD_FILES } from '../support/crd-files.ts';
import { runCommand } from '../support/run-command.ts';

const CHART = 'pve-cslb-operator';
const FOLDER = chartFolder(CHART);
const METADATA = parse(readFileSync(join(FOLDER, 'Chart.yaml'), 'utf8'));
const ROOT = new URL('../../', import.meta.url);

/** An annotation for Artifact Hub, which is YAML in YAML. */
function annotation(name: string) {
  return parse(METADATA.annotations[`artifacthub.io/${name}`]);
}

describe('Chart.yaml of the operator chart', () => {
  it('says what the chart is, in the version of the project', () => {
    const { version, license } = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8'));
    expect(METADATA).to.include({
      apiVersion: 'v2',
      name: CHART,
      type: 'application',
      version,
      appVersion: version,
    });
    expect(METADATA).to.include.keys('description', 'home', 'sources', 'maintainers', 'keywords');
    expect(METADATA.annotations['artifacthub.io/license']).to.equal(license);
    expect(METADATA.annotations['artifacthub.io/operator']).to.equal('true');
  });

  it('has an icon that is in the repository', () => {
    const [, path = ''] = /\/main\/(.*)$/.exec(METADATA.icon) ?? [];
    expect(path).to.match(/\.svg$/);
    expect(existsSync(new URL(path, ROOT))).to.equal(true);
  });

  it('names the image that runs', async () => {
    const { container } = await renderOperator();
    expect(annotation('images')).to.deep.equal([
      { name: CHART, image: container.image, platforms: ['linux/amd64', 'linux/arm64'] },
    ]);
  });

  it('lists the kinds, with examples that can be applied', () => {
    const kinds = annotation('crds').map(({ kind, name }: Record<string, string>) => ({ kind, name }));
    expect(kinds).to.have.deep.members(CRD_FILES.map(({ kind, name }) => ({ kind, name })));
    const examples: readonly { readonly kind: string }[] = annotation('crdsExamples');
    expect(examples.map(({ kind }) => kind)).to.have.members(CRD_FILES.map(({ kind }) => kind));
    for (const example of examples) expect(validateManifest(example)).to.have.property('kind', 'Valid');
  });

  it('says what changed', () => {
    for (const change of annotation('changes')) {
      expect(change.kind).to.be.oneOf(['added', 'changed', 'deprecated', 'removed', 'fixed', 'security']);
      expect(change.description).to.be.a('string').and.not.to.equal('');
    }
  });

  it('refuses a Kubernetes that is too old', async () => {
    const render = (version: string) => helmTemplate({ chart: CHART, args: [`--kube-version=${version}`] });
    expect((await render('1.31.0')).code).to.equal(0);
    expect((await render('v1.33.2-eks-1234567')).code).to.equal(0);
    const refused = await render('1.30.9');
    expect(refused.code).to.equal(1);
    expect(refused.stderr).to.include('kubeVersion: >= 1.31.0-0');
  });
});

describe('the packaged operator chart', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'pve-cslb-package-'));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  it('has what it needs and nothing that only we need', async () => {
    const packaged = await runHelm(['package', FOLDER, `--destination=${folder}`]);
    expect(packaged.code, packaged.stderr).to.equal(0);
    const archive = join(folder, `${CHART}-${METADATA.version}.tgz`);
    const { stdout } = await runCommand('tar', ['-tzf', archive], process.env);
    const files = stdout.trim().split('\n');
    expect(files).to.include.members(
      [
        'Chart.yaml',
        'README.md',
        'values.yaml',
        'values.schema.json',
        'files/crds/pve-cslb.io_balancepolicies.yaml',
        'files/crds/pve-cslb.io_pveclusters.yaml',
        'files/dashboards/pve-cslb.json',
        'files/helm-test.mjs',
        'templates/NOTES.txt',
      ].map((name) => `${CHART}/${name}`),
    );
    expect(files.filter((name) => /\/ci\/|template\.md|\/crds\/.*\/crds\//.test(name))).to.deep.equal([]);
  });
});

describe('the notes of the operator chart', () => {
  async function notes(...set: readonly string[]): Promise<string> {
    const args = ['install', 'lab', FOLDER, '--dry-run=client', '--namespace=pve-cslb-system'];
    const { code, stdout, stderr } = await runHelm([...args, ...set.map((setting) => `--set=${setting}`)]);
    expect(code, stderr).to.equal(0);
    return stdout.split('\nNOTES:\n')[1] ?? '';
  }

  it('say what runs and the next three commands', async () => {
    const text = await notes();
    expect(text).to.include(
      `${CHART} ${METADATA.version} runs as pve-cslb-system/lab-pve-cslb-operator, and looks after all namespaces.`,
    );
    const commands = [...text.matchAll(/^ +(kubectl|helm) .*?--namespace (\S+)/gm)];
    expect(commands.map(({ 1: command }) => command)).to.deep.equal(['kubectl', 'helm', 'kubectl']);
    expect(commands.map(({ 2: namespace }) => namespace)).to.deep.equal(Array(3).fill('pve-cslb-system'));
    expect(text).not.to.include('WARNING');
  });

  it('are about a namespace that is watched', async () => {
    const text = await notes('watchNamespaces={one,two}');
    expect(text).to.include('looks after the namespaces one, two.');
    expect(text.match(/--namespace one\b/g)).to.have.length(3);
  });

  it('name what the operator may read, where the values say so', async () => {
    const text = await notes('rbac.secretNames={east-pve}', 'rbac.configMapNames={east-ca}');
    expect(text).to.include('kubectl create secret generic east-pve ');
    expect(text).to.include('--set clusters.lab.credentials.existingSecret=east-pve ');
    expect(text).to.include('--set clusters.lab.ca.existingConfigMap=east-ca ');
  });

  for (const [setting, warning] of [
    ['crds.enabled=false', 'crds.enabled is false'],
    ['crds.keep=false', 'helm uninstall deletes every PveCluster'],
    ['rbac.create=false', 'the rights that somebody else gives it'],
    ['replicaCount=0', 'nothing is balanced'],
  ] as const) {
    it(`warn of ${setting}`, async () => {
      const text = await notes(setting);
      expect(text.match(/WARNING: /g)).to.have.length(1);
      expect(text).to.include(warning);
    });
  }
});
