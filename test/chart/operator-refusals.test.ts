import { expect } from 'chai';
import { refusal } from '../support/chart/render-chart.ts';

const CHART = 'pve-cslb-operator';

interface Refused {
  readonly what: string;
  readonly values: object;
  readonly because: string;
}

/** What the schema lets pass and the chart refuses, each with its sentence. */
const CONTRADICTIONS: readonly Refused[] = [
  {
    what: 'several replicas without leader election',
    values: { replicaCount: 2, leaderElection: { enabled: false } },
    because:
      'replicaCount is 2 and leaderElection.enabled is false: all of them would migrate guests at once. Enable leader election, or set replicaCount to 1.',
  },
  {
    what: 'a rolling update without leader election',
    values: { strategy: { type: 'RollingUpdate' }, leaderElection: { enabled: false } },
    because:
      'leaderElection.enabled is false and strategy.type is not Recreate: during an upgrade two operators would migrate guests at once. Enable leader election, or set strategy.type to Recreate.',
  },
  {
    what: "somebody else's ServiceAccount without a name",
    values: { serviceAccount: { create: false } },
    because:
      'serviceAccount.create is false and serviceAccount.name is empty: name the ServiceAccount the operator is to run as.',
  },
  {
    what: 'one port for metrics and probes',
    values: { metrics: { port: 8081 } },
    because: 'metrics.port and health.port are both 8081: give them different ports.',
  },
  {
    what: 'a monitor of metrics that are off',
    values: { metrics: { enabled: false, serviceMonitor: { enabled: true } } },
    because:
      'metrics.serviceMonitor.enabled is true and metrics.enabled is false: there would be nothing to see. Enable the metrics, or disable it.',
  },
  {
    what: 'a monitor without the Service',
    values: { metrics: { service: { enabled: false }, serviceMonitor: { enabled: true } } },
    because:
      'metrics.serviceMonitor.enabled is true and metrics.service.enabled is false: a ServiceMonitor finds the pods by the Service. Enable the Service.',
  },
  {
    what: 'a monitor where Prometheus Operator is not installed',
    values: { metrics: { serviceMonitor: { enabled: true } } },
    because:
      'metrics.serviceMonitor.enabled is true, but the cluster does not serve monitoring.coreos.com/v1/ServiceMonitor: install the Prometheus Operator first, or set metrics.serviceMonitor.renderMode to skipIfMissing (or, for helm template, to alwaysRender).',
  },
  {
    what: 'both limits of a disruption budget',
    values: { podDisruptionBudget: { enabled: true, minAvailable: 0, maxUnavailable: 1 } },
    because:
      'podDisruptionBudget.minAvailable and podDisruptionBudget.maxUnavailable are both given: a budget has one of them.',
  },
  {
    what: 'a disruption budget that blocks every drain',
    values: { replicaCount: 2, podDisruptionBudget: { enabled: true, minAvailable: 2 } },
    because:
      'podDisruptionBudget lets none of 2 pods be evicted, so no node could be drained: lower minAvailable or raise maxUnavailable.',
  },
  {
    what: 'a resource policy of CRDs that crds.keep says',
    values: { crds: { annotations: { 'helm.sh/resource-policy': 'keep' } } },
    because: 'crds.annotations has helm.sh/resource-policy: say it with crds.keep.',
  },
  {
    what: 'an argument that another value gives',
    values: { extraArgs: ['--watch-namespaces=other'] },
    because:
      'extraArgs has --watch-namespaces, on which other objects of the chart depend: say it with watchNamespaces.',
  },
  {
    what: 'a variable that another value gives',
    values: { extraEnv: [{ name: 'POD_NAMESPACE', value: 'other' }] },
    because: 'extraEnv has POD_NAMESPACE, which the chart sets by itself or by another value: leave it out.',
  },
  {
    what: 'an alert to leave out that there is not',
    values: {
      metrics: {
        prometheusRule: { enabled: true, renderMode: 'alwaysRender', disabledAlerts: ['PveCslbNoLeadr'] },
      },
    },
    because: 'metrics.prometheusRule.disabledAlerts has PveCslbNoLeadr: there is no such alert, but PveCslb',
  },
];

describe('values that the operator chart refuses', () => {
  for (const { what, values, because } of CONTRADICTIONS) {
    it(what, async () => {
      expect(await refusal({ chart: CHART, values })).to.include(because);
    });
  }
});
