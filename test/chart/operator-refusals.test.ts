import { expect } from 'chai';
import { checkLeaseTiming } from '../../src/kubernetes/lease-timing.ts';
import { parseDuration } from '../../src/lib/duration.ts';
import { isOperatorError } from '../../src/lib/errors.ts';
import { helmTemplate, refusal } from '../support/chart/render-chart.ts';

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
    what: 'a Lease that runs out before its leader has given up',
    values: { leaderElection: { leaseDuration: '10s', renewDeadline: '10000ms' } },
    because:
      'leaderElection.leaseDuration (10s) must be longer than leaderElection.renewDeadline (10000ms), or two operators could lead.',
  },
  {
    what: 'a leader that has one try to renew',
    values: { leaderElection: { renewDeadline: '12s', retryPeriod: '10s' } },
    because:
      'leaderElection.renewDeadline (12s) must be more than 1.2 times leaderElection.retryPeriod (10s), or a leader has only one try.',
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
    what: 'two monitors of the same metrics',
    values: { metrics: { serviceMonitor: { enabled: true }, podMonitor: { enabled: true } } },
    because:
      'metrics.serviceMonitor.enabled and metrics.podMonitor.enabled are both true: everything would be counted twice. Enable one of them.',
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
    what: 'a disruption budget whose share, rounded up, blocks every drain',
    values: { podDisruptionBudget: { enabled: true, minAvailable: '1%' } },
    because:
      'podDisruptionBudget lets none of 1 pods be evicted, so no node could be drained: lower minAvailable or raise maxUnavailable.',
  },
  {
    what: 'a name that a Service cannot have',
    values: { fullnameOverride: '1st' },
    because:
      'The Service of the metrics would be named 1st-metrics, and the name of a Service begins with a letter: give the release another name, or set fullnameOverride.',
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

/** What the schema refuses, with what helm says of it. */
const MISFITS: readonly Refused[] = [
  {
    what: 'an unknown key',
    values: { replicas: 2 },
    because: "additional properties 'replicas' not allowed",
  },
  {
    what: 'an unknown key deep inside',
    values: { metrics: { serviceMonitor: { enable: true } } },
    because: "at '/metrics/serviceMonitor': additional properties 'enable' not allowed",
  },
  {
    what: 'a text for a number',
    values: { replicaCount: 'two' },
    because: "at '/replicaCount': got string, want integer",
  },
  {
    what: 'a negative number of replicas',
    values: { replicaCount: -1 },
    because: "at '/replicaCount': minimum",
  },
  {
    what: 'a text for a switch',
    values: { crds: { keep: 'no' } },
    because: "at '/crds/keep': got string, want boolean",
  },
  {
    what: 'a level of logs that there is not',
    values: { logLevel: 'trace' },
    because: "at '/logLevel': value must be one of",
  },
  {
    what: 'a namespace that cannot be one',
    values: { watchNamespaces: ['Proxmox'] },
    because: "at '/watchNamespaces/0': 'Proxmox' does not match pattern",
  },
  {
    what: 'a namespace given twice',
    values: { watchNamespaces: ['a', 'a'] },
    because: "at '/watchNamespaces': items at 0 and 1 are equal",
  },
  {
    what: 'a duration without a unit',
    values: { leaderElection: { leaseDuration: '15' } },
    because: "at '/leaderElection/leaseDuration': '15' does not match pattern",
  },
  {
    what: 'less time to stop than the operator takes',
    values: { terminationGracePeriodSeconds: 5 },
    because: "at '/terminationGracePeriodSeconds': minimum: got 5, want 25",
  },
  {
    what: 'half a digest',
    values: { image: { digest: 'sha256:abc' } },
    because: "at '/image/digest': 'sha256:abc' does not match pattern",
  },
  {
    what: 'a port that cannot be one',
    values: { health: { port: 70_000 } },
    because: "at '/health/port': maximum",
  },
];

describe('values that the operator chart refuses', () => {
  for (const { what, values, because } of [...CONTRADICTIONS, ...MISFITS]) {
    it(what, async () => {
      expect(await refusal({ chart: CHART, values })).to.include(because);
    });
  }

  it('are, of the times of leader election, those that the operator refuses', async () => {
    const timings = [
      ['15s', '10s', '2s'],
      ['1m', '45s', '1s500ms'],
      ['1.5s', '1s', '500ms'],
      ['999ms', '500ms', '100ms'],
      ['10s', '10s', '2s'],
      ['15s', '10s', '9s'],
      ['1h', '59m', '0s'],
      ['0.5h', '20m', '0.2h'],
    ];
    for (const [leaseDuration = '', renewDeadline = '', retryPeriod = ''] of timings) {
      const values = { leaderElection: { leaseDuration, renewDeadline, retryPeriod } };
      const { code } = await helmTemplate({ chart: CHART, values });
      expect(code === 0, JSON.stringify(values)).to.equal(operatorTakes(values.leaderElection));
    }
  });

  it('are never those of other charts under global', async () => {
    const { code, stderr } = await helmTemplate({ chart: CHART, values: { global: { theirs: { a: 1 } } } });
    expect(code, stderr).to.equal(0);
  });
});

function operatorTakes(
  timing: Readonly<Record<'leaseDuration' | 'renewDeadline' | 'retryPeriod', string>>,
): boolean {
  try {
    checkLeaseTiming({
      leaseDurationMs: milliseconds(timing.leaseDuration),
      renewDeadlineMs: milliseconds(timing.renewDeadline),
      retryPeriodMs: milliseconds(timing.retryPeriod),
    });
    return true;
  } catch (error) {
    if (isOperatorError(error)) return false;
    throw error;
  }
}

function milliseconds(duration: string): number {
  const parsed = parseDuration(duration);
  if (parsed === undefined) throw new Error(`${duration} is no duration.`);
  return parsed;
}
