import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { API_VERSION } from '../../src/api/resource.ts';
import { validateManifest } from '../../src/api/validation/validate-manifest.ts';
import { createIdentity } from '../../src/simulator/certificates/certificates.ts';
import { runHelm } from '../support/chart/helm.ts';
import { renderChart } from '../support/chart/render-chart.ts';
import { DOCUMENTED_VALUES } from '../support/documented-values.ts';

const ROOT = new URL('../../', import.meta.url);
const PAGES = ['README.md', 'docs/install.md'];

/** The words of each `helm` command in a block of shell. */
function helmCommands(page: string): readonly (readonly string[])[] {
  const text = readFileSync(new URL(page, ROOT), 'utf8').replaceAll(/ *\\\n */g, ' ');
  return [...text.matchAll(/^ *helm ((?:install|upgrade) .*)$/gm)].map(({ 1: rest = '' }) => rest.split(' '));
}

describe('what the documentation installs', () => {
  it('are releases of both charts, by Flux and by Argo CD as well', () => {
    const places = DOCUMENTED_VALUES.map(({ place, chart }) => `${place.split(',')[0]}: ${chart}`);
    expect(places).to.deep.equal([
      'README.md: pve-cslb-policies',
      'docs/install.md: pve-cslb-policies',
      'docs/gitops.md: pve-cslb-operator',
      'docs/gitops.md: pve-cslb-policies',
      'docs/gitops.md: pve-cslb-operator',
    ]);
  });

  for (const { place, chart, values } of DOCUMENTED_VALUES) {
    it(`is taken by ${chart} and renders valid objects: ${place}`, async () => {
      const objects = await renderChart({ chart, values });
      const ours = objects.filter(({ apiVersion }) => apiVersion === API_VERSION);
      expect(ours.map(({ kind }) => kind).toSorted()).to.deep.equal(
        chart === 'pve-cslb-policies' ? ['BalancePolicy', 'PveCluster'] : [],
      );
      for (const object of ours) expect(validateManifest(object)).to.have.property('kind', 'Valid');
    });
  }

  for (const page of PAGES) {
    it(`has commands of helm's own options, for charts that there are: ${page}`, async () => {
      const commands = helmCommands(page);
      expect(commands).to.not.be.empty;
      for (const [verb = '', release = '', chart = '', ...options] of commands) {
        expect(chart).to.match(/^oci:\/\/ghcr\.io\/pve-cslb\/charts\/pve-cslb-(operator|policies)$/);
        const name = chart.split('/').at(-1) ?? '';
        expect(release).to.equal(name === 'pve-cslb-operator' ? name : 'lab');
        const { stdout } = await runHelm([verb, '--help']);
        const flags = options.filter((word) => word.startsWith('--'));
        for (const flag of flags) expect(stdout).to.include(`${flag} `);
      }
    });
  }

  it('can put the CA into the values from a file, as the commands do', async () => {
    const [values] = DOCUMENTED_VALUES;
    const directory = mkdtempSync(join(tmpdir(), 'pve-cslb-ca-'));
    const file = join(directory, 'ca.crt');
    const { authority } = await createIdentity('lab', [], Date.now());
    writeFileSync(file, `${authority.certificate.trimEnd()}\n`);
    const args = [`--set-file=clusters.lab.ca.certificate=${file}`];
    const rendering = { chart: 'pve-cslb-policies', values: values?.values ?? {}, args };
    const objects = await renderChart(rendering).finally(() => rmSync(directory, { recursive: true }));
    const cluster = objects.find(({ kind }) => kind === 'PveCluster');
    expect(cluster).to.have.nested.property('spec.tls.caRef.name', 'lab-ca');
    expect(objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).to.include('ConfigMap lab-ca');
  });
});
