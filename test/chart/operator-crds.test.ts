import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse } from 'yaml';
import { chartFolder } from '../support/chart/helm.ts';
import { type RenderedObject, renderChart } from '../support/chart/render-chart.ts';
import { CRD_FILES } from '../support/crd-files.ts';

const CHART = 'pve-cslb-operator';
const KEEP = 'helm.sh/resource-policy';

async function renderCrds(crds: object): Promise<readonly RenderedObject[]> {
  const objects = await renderChart({ chart: CHART, values: { crds } });
  return objects.filter(({ kind }) => kind === 'CustomResourceDefinition');
}

describe('the CRDs of the operator chart', () => {
  it('are those of crds/ and no others, down to every number', async () => {
    const rendered = await renderCrds({});
    const sources = CRD_FILES.map(({ path }) => parse(readFileSync(path, 'utf8')));
    expect(rendered.map(({ metadata }) => metadata.name)).to.have.members(
      sources.map(({ metadata }) => metadata.name),
    );
    for (const crd of rendered) {
      const source = sources.find(({ metadata }) => metadata.name === crd.metadata.name);
      expect(crd.spec, crd.metadata.name).to.deep.equal(source.spec);
    }
  });

  it('have no copy in the chart that crds/ does not have', () => {
    const copies = readdirSync(`${chartFolder(CHART)}/files/crds`);
    expect(copies).to.have.members(CRD_FILES.map(({ path }) => path.replace(/^.*\//, '')));
  });

  it('stay when the release goes, unless that is not wanted', async () => {
    for (const { metadata } of await renderCrds({})) {
      expect(metadata.annotations).to.deep.equal({ [KEEP]: 'keep' });
    }
    for (const { metadata } of await renderCrds({ keep: false })) {
      expect(metadata.annotations).to.equal(undefined);
    }
  });

  it('have annotations of the values', async () => {
    for (const { metadata } of await renderCrds({ annotations: { 'argocd.argoproj.io/sync-wave': '-1' } })) {
      expect(metadata.annotations).to.include({ 'argocd.argoproj.io/sync-wave': '-1', [KEEP]: 'keep' });
    }
  });

  it('are left out where somebody else installs them', async () => {
    expect(await renderCrds({ enabled: false })).to.deep.equal([]);
  });

  it('come from templates, so that an upgrade upgrades them', () => {
    expect(readdirSync(chartFolder(CHART))).not.to.include('crds');
  });
});
