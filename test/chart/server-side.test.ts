import { expect } from 'chai';
import { ciValues } from '../support/chart/ci-values.ts';
import { type RenderedObject, renderChart } from '../support/chart/render-chart.ts';
import { installCrds } from '../support/install-crds.ts';
import { createTestNamespace, sharedControlPlane } from '../support/shared-control-plane.ts';

/** Of the Prometheus Operator, which is not installed. */
const isForeign = ({ apiVersion }: RenderedObject) => apiVersion.startsWith('monitoring.coreos.com/');

for (const chart of ['pve-cslb-operator', 'pve-cslb-policies']) {
  describe(`an API server takes what the chart ${chart} renders with`, () => {
    before(async () => installCrds(await sharedControlPlane()));

    for (const { name, path } of ciValues(chart)) {
      it(name, async () => {
        const { kubectl } = await sharedControlPlane();
        const namespace = await createTestNamespace('render');
        const objects = await renderChart({ chart, files: [path], namespace });
        const items = objects.filter((object) => !isForeign(object));
        for (const { metadata } of items) await ensureNamespace(metadata.namespace);
        const args = ['apply', '--server-side', '--force-conflicts', '--dry-run=server', '--filename=-'];
        const list = { apiVersion: 'v1', kind: 'List', items };
        const { code, stdout, stderr } = await kubectl(args, JSON.stringify(list));
        expect(stderr).to.equal('');
        expect(code).to.equal(0);
        expect(stdout.trim().split('\n')).to.have.lengthOf(items.length);
      });
    }
  });
}

const ensured = new Set<string>();

async function ensureNamespace(name: string | undefined): Promise<void> {
  if (name === undefined || ensured.has(name)) return;
  ensured.add(name);
  const { kubectl } = await sharedControlPlane();
  const { code, stderr } = await kubectl(['create', 'namespace', name]);
  if (code !== 0 && !stderr.includes('already exists')) throw new Error(`No namespace ${name}: ${stderr}`);
}
