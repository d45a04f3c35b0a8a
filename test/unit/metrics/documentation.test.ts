import { expect } from 'chai';
import { createVirtualClock } from '../../../src/lib/virtual-clock.ts';
import { createOperatorMetrics } from '../../../src/metrics/operator-metrics.ts';
import { type DocumentedMetric, documentedMetrics } from '../../support/documented-metrics.ts';

const NAME = /^(pve_cslb|controller_runtime|workqueue|leader_election|rest_client|process)_[a-z_]+$/;

/** What there really is. */
async function registered(): Promise<readonly DocumentedMetric[]> {
  const { registry } = createOperatorMetrics({
    version: '0',
    clock: createVirtualClock(),
    eventLoopLagMs: () => 0,
    lease: 'lease',
    apiServer: 'host',
    policies: () => [],
    clusters: () => [],
  });
  const metrics = await registry.getMetricsAsJSON();
  return metrics.map(({ name, help, type }) => ({
    name,
    type: String(type),
    labels: labelNames(registry.getSingleMetric(name)).join(', '),
    unit: unitOf(name),
    meaning: help,
  }));
}

function labelNames(metric: unknown): readonly string[] {
  if (typeof metric !== 'object' || metric === null || !('labelNames' in metric)) return [];
  return Array.isArray(metric.labelNames) ? metric.labelNames.map(String) : [];
}

/** As Prometheus wants it: the name ends with the unit. */
function unitOf(name: string): string {
  if (/_seconds(_total)?$/.test(name)) return 'seconds';
  if (/_bytes(_total)?$/.test(name)) return 'bytes';
  return name.endsWith('_ratio') ? 'ratio' : 'number';
}

const byName = (left: DocumentedMetric, right: DocumentedMetric) => left.name.localeCompare(right.name);

describe('docs/metrics.md', () => {
  it('has every metric with type, labels, unit and meaning, and no other', async () => {
    expect(documentedMetrics().toSorted(byName)).to.deep.equal((await registered()).toSorted(byName));
  });

  it('is about names and sentences that a person can read', async () => {
    for (const { name, meaning, unit, type } of await registered()) {
      expect(name).to.match(NAME);
      expect(meaning, name).to.match(/^[A-Z].{20,}\.$/);
      if (unit !== 'number') expect(meaning, name).to.contain(unit);
      expect(name.endsWith('_total'), name).to.equal(type === 'counter');
    }
  });
});
