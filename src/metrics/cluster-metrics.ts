import type { Registry } from 'prom-client';
import { CONDITION } from '../api/conditions.ts';
import type { StoredCluster } from '../controllers/resources.ts';
import { conditionSamples } from './condition-samples.ts';
import { registerReadGauge } from './read-gauge.ts';

const { Ready, Reconciling, Stalled, Reachable, Authorized, Quorate } = CONDITION;
const CONDITIONS = [Ready, Reconciling, Stalled, Reachable, Authorized, Quorate];

/** What the last probe of each PveCluster found, read from its status. */
export function registerClusterMetrics(registry: Registry, clusters: () => readonly StoredCluster[]): void {
  registerReadGauge(registry, {
    name: 'pve_cslb_cluster_condition',
    help: 'Whether the condition of the PveCluster has this status: 1 if it has, 0 if it has another or is not there.',
    labelNames: ['namespace', 'cluster', 'condition', 'status'],
    read: () =>
      clusters().flatMap(({ metadata, status }) =>
        conditionSamples(CONDITIONS, status?.conditions ?? []).map(({ labels, value }) => ({
          labels: { namespace: metadata.namespace, cluster: metadata.name, ...labels },
          value,
        })),
      ),
  });
}
