import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { chartFolder } from '../support/chart/helm.ts';
import { resultLabels, selectorsOf, undocumentedIn } from '../support/chart/promql.ts';
import { objectOf, type RenderedObject, renderChart } from '../support/chart/render-chart.ts';
import { renderOperator } from '../support/chart/workload.ts';

const CHART = 'pve-cslb-operator';
const RUNBOOK = readFileSync(new URL('../../docs/runbook.md', import.meta.url), 'utf8');

interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

interface Dashboard {
  readonly panels: readonly {
    readonly title: string;
    readonly targets?: readonly { readonly expr: string }[];
  }[];
  readonly templating: { readonly list: readonly { readonly query: unknown }[] };
}

async function find(kind: string, values: object): Promise<RenderedObject> {
  return objectOf(await renderChart({ chart: CHART, values }), kind);
}

async function alerts(settings: object = {}): Promise<readonly Alert[]> {
  const prometheusRule = { enabled: true, renderMode: 'alwaysRender', ...settings };
  const { spec } = await find('PrometheusRule', { metrics: { prometheusRule } });
  const { groups } = spec as { readonly groups: readonly { readonly rules: readonly Alert[] }[] };
  return groups.flatMap(({ rules }) => rules);
}

describe('the expressions of alerts and dashboard', () => {
  it('are read by the grammar of Prometheus', () => {
    expect(
      selectorsOf('sum by (policy) (rate(pve_cslb_x_total{policy=~"$policy"}[$__rate_interval])) > 3'),
    ).to.deep.equal([{ metric: 'pve_cslb_x_total', labels: ['policy'] }]);
    expect(() => selectorsOf('sum by (policy) (rate(x[5m])')).to.throw('not PromQL');
  });

  it('are held against docs/metrics.md, with their labels', () => {
    expect(undocumentedIn('pve_cslb_imbalance_ratio{policy="x"}')).to.deep.equal([]);
    expect(undocumentedIn('rate(pve_cslb_migration_duration_seconds_bucket[5m])')).to.deep.equal([]);
    expect(undocumentedIn('pve_cslb_imbalance_ratio_bucket')).to.deep.equal([
      'pve_cslb_imbalance_ratio_bucket',
    ]);
    expect(undocumentedIn('workqueue_depth{policy="x"} + nothing')).to.deep.equal([
      'workqueue_depth{policy}',
      'nothing',
    ]);
  });
});

describe('the labels of what an expression gives', () => {
  for (const [expression, labels] of [
    ['sum by (a, b) (rate(x[5m])) > 3', ['a', 'b']],
    ['max by (a) (x{c="d"}) == 1 unless on (a) y{b="c"}', ['a']],
    ['absent(x{a="b"})', ['a']],
    ['sum(x)', []],
    ['x{a="b"} == 1', undefined],
    ['max without (a) (x)', undefined],
  ] as const) {
    it(`are found: ${expression}`, () => {
      expect(resultLabels(expression)).to.deep.equal(labels);
    });
  }
});

describe('the alerts of the operator chart', () => {
  it('use only metrics and labels that there are', async () => {
    for (const { alert, expr } of await alerts()) {
      expect(selectorsOf(expr), alert).not.to.deep.equal([]);
      expect(undocumentedIn(expr), alert).to.deep.equal([]);
    }
  });

  it('each have a section of the runbook, and the runbook has no others', async () => {
    const sections = [...RUNBOOK.matchAll(/^## (.*)$/gm)].map(({ 1: heading }) => heading);
    expect(sections).to.deep.equal((await alerts()).map(({ alert }) => alert));
  });

  it('say where that section is, how bad it is, and about what', async () => {
    for (const { alert, labels, annotations } of await alerts({
      runbookUrl: 'https://wiki.example/runbook',
    })) {
      expect(annotations.runbook_url).to.equal(`https://wiki.example/runbook#${alert.toLowerCase()}`);
      expect(labels.severity, alert).to.be.oneOf(['critical', 'warning', 'info']);
      expect(annotations.summary, alert).to.match(/^[A-Z].*\.$/);
      expect(annotations.description, alert).to.match(/^[A-Z\d].*\.$/);
    }
  });

  it('ask in the description only for labels that the expression gives', async () => {
    for (const { alert, expr, annotations } of await alerts()) {
      const asked = [...String(annotations.description).matchAll(/\$labels\.(\w+)/g)].map(
        ({ 1: label }) => label,
      );
      expect(resultLabels(expr), alert).to.include.members(asked);
    }
  });

  it('are about a policy, a cluster or the operator, and stay so when another pod tells of it', async () => {
    for (const { alert, expr } of await alerts()) {
      const labels = resultLabels(expr);
      expect(labels, alert).to.include('namespace').and.not.include.members(['pod', 'instance', 'job']);
      for (const label of labels ?? []) {
        expect(undocumentedIn(`${selectorsOf(expr)[0]?.metric}{${label}="x"}`), alert).to.deep.equal([]);
      }
    }
  });

  it('bridge the change of a pod where they take long', async () => {
    for (const { alert, expr, for: time = '0m' } of await alerts()) {
      if (time.endsWith('h')) expect(expr, alert).to.match(/last_over_time\(.*\[15m\]\)/);
    }
  });

  it('are for their own operator where others have metrics of the same name', async () => {
    const scopes: Readonly<Record<string, string>> = {
      leader_election_master_status: 'name',
      controller_runtime_reconcile_panics_total: 'controller',
    };
    const selectors = (await alerts()).flatMap(({ expr }) => selectorsOf(expr));
    const foreign = selectors.filter(({ metric }) => !metric.startsWith('pve_cslb_'));
    expect(foreign.map(({ metric }) => metric)).to.have.members(Object.keys(scopes));
    for (const { metric, labels } of foreign)
      expect(labels).to.include.members(['namespace', scopes[metric]]);
  });

  it('tell of a policy that is not Ready for a reason that none of the others tells of', async () => {
    const { expr = '' } = (await alerts()).find(({ alert }) => alert === 'PveCslbPolicyNotReady') ?? {};
    expect(expr).to.include('condition="Ready",status="False"').and.include('unless on (namespace, policy)');
  });

  it('do not take a run that goes on for a policy that is not evaluated', async () => {
    const { expr = '' } = (await alerts()).find(({ alert }) => alert === 'PveCslbPolicyNotEvaluated') ?? {};
    expect(expr).to.match(/ unless on \(namespace, policy\) pve_cslb_migrations_in_flight > 0$/);
  });

  it('can be left out one by one, and get labels of the values', async () => {
    const kept = await alerts({ disabledAlerts: ['PveCslbUnbalanced'], alertLabels: { team: 'platform' } });
    expect(kept).to.have.length((await alerts()).length - 1);
    for (const { alert, labels } of kept) {
      expect(alert).not.to.equal('PveCslbUnbalanced');
      expect(labels.team).to.equal('platform');
    }
    for (const { labels } of await alerts({ alertLabels: { severity: 'page' } })) {
      expect(labels.severity).to.equal('page');
    }
  });

  it('watch the Lease and the namespace of their own operator', async () => {
    const objects = await renderChart({
      chart: CHART,
      namespace: 'elsewhere',
      values: {
        leaderElection: { leaseName: 'mine' },
        metrics: { prometheusRule: { enabled: true, renderMode: 'alwaysRender' } },
      },
    });
    const text = JSON.stringify(objects.find(({ kind }) => kind === 'PrometheusRule'));
    expect(text).to.include('leader_election_master_status{namespace=\\"elsewhere\\",name=\\"mine\\"}');
    expect(text).to.include('absent(pve_cslb_build_info{namespace=\\"elsewhere\\"})');
  });

  it('stand beside rules of the values', async () => {
    const rule = { record: 'x:y', expr: 'sum(pve_cslb_plan_migrations)' };
    expect(await alerts({ extraRules: [rule] })).to.deep.include(rule);
  });
});

describe('what the operator chart renders of kinds that are not there', () => {
  const served = ['--api-versions=monitoring.coreos.com/v1/ServiceMonitor'];
  const monitor = (renderMode: string) => ({ metrics: { serviceMonitor: { enabled: true, renderMode } } });

  it('is left out, or rendered all the same, as the values say', async () => {
    const kinds = async (renderMode: string, args: readonly string[] = []) =>
      (await renderChart({ chart: CHART, values: monitor(renderMode), args })).map(({ kind }) => kind);
    expect(await kinds('skipIfMissing')).not.to.include('ServiceMonitor');
    expect(await kinds('skipIfMissing', served)).to.include('ServiceMonitor');
    expect(await kinds('failIfMissing', served)).to.include('ServiceMonitor');
    expect(await kinds('alwaysRender')).to.include('ServiceMonitor');
  });
});

describe('the ServiceMonitor of the operator chart', () => {
  it('finds the Service and no other, and keeps the namespaces of policies', async () => {
    const values = {
      metrics: {
        serviceMonitor: {
          enabled: true,
          renderMode: 'alwaysRender',
          interval: '30s',
          labels: { release: 'prometheus' },
        },
      },
    };
    const monitor = await find('ServiceMonitor', values);
    const service = await find('Service', values);
    const spec = monitor.spec as {
      readonly selector: { readonly matchLabels: object };
      readonly namespaceSelector: object;
      readonly endpoints: readonly object[];
    };
    expect(service.metadata.labels).to.include(spec.selector.matchLabels);
    expect(spec.namespaceSelector).to.deep.equal({ matchNames: [service.metadata.namespace] });
    expect(spec.endpoints).to.deep.equal([
      { port: 'metrics', path: '/metrics', scheme: 'http', honorLabels: true, interval: '30s' },
    ]);
    expect(monitor.metadata.labels).to.include({ release: 'prometheus' });
  });
});

describe('the PodMonitor of the operator chart', () => {
  it('finds the pods without a Service, and asks as the ServiceMonitor does', async () => {
    const values = {
      metrics: {
        service: { enabled: false },
        podMonitor: { enabled: true, renderMode: 'alwaysRender', scrapeTimeout: '5s' },
      },
    };
    const { objects, spec, container } = await renderOperator({ values });
    expect(objectOf(objects, 'PodMonitor').spec).to.deep.equal({
      selector: spec.selector,
      namespaceSelector: { matchNames: ['pve-cslb-system'] },
      podMetricsEndpoints: [
        { port: 'metrics', path: '/metrics', scheme: 'http', honorLabels: true, scrapeTimeout: '5s' },
      ],
    });
    expect(container.ports?.map(({ name }) => name)).to.include('metrics');
  });
});

describe('the dashboard of the operator chart', () => {
  const dashboard: Dashboard = JSON.parse(
    readFileSync(`${chartFolder(CHART)}/files/dashboards/pve-cslb.json`, 'utf8'),
  );
  const expressions = dashboard.panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({ title, expr })),
  );

  it('comes in a ConfigMap that the sidecar of Grafana finds', async () => {
    const map = await find('ConfigMap', { metrics: { grafanaDashboard: { enabled: true } } });
    expect(map.metadata.labels).to.include({ grafana_dashboard: '1' });
    const { 'pve-cslb.json': text = '' } = map.data as Readonly<Record<string, string>>;
    expect(JSON.parse(text)).to.deep.equal(dashboard);
  });

  it('uses only metrics and labels that there are', () => {
    expect(expressions.length).to.be.greaterThan(20);
    for (const { title, expr } of expressions) expect(undocumentedIn(expr), title).to.deep.equal([]);
  });

  it('shows of metrics that other operators have as well only those of ours', () => {
    const shared = expressions.filter(({ expr }) =>
      selectorsOf(expr).some(({ metric }) => !metric.startsWith('pve_cslb_')),
    );
    expect(shared.length).to.be.greaterThan(4);
    for (const { title, expr } of shared) {
      expect(expr, title).to.include(' and on (job, instance) pve_cslb_build_info');
    }
  });

  it('draws one line for each policy, whichever pod tells of it', () => {
    for (const { title, expr } of expressions) {
      const [{ metric = '', labels = [] } = {}] = selectorsOf(expr);
      if (!labels.includes('policy') || expr.startsWith('count(')) continue;
      const grouped = resultLabels(expr.replace(/^histogram_quantile\([^,]*, (.*)\)$/, '$1'));
      expect(grouped, `${title}: ${metric}`).to.include.members(['namespace', 'policy']);
    }
  });

  it('takes its variables from metrics that there are', () => {
    const queries = JSON.stringify(dashboard.templating.list).matchAll(/label_values\(([^,]*), (\w+)\)/g);
    for (const { 1: selector = '', 2: label } of queries) {
      const expression = selector.replaceAll('\\"', '"');
      expect(undocumentedIn(expression)).to.deep.equal([]);
      expect(undocumentedIn(`${selectorsOf(expression)[0]?.metric}{${label}="x"}`)).to.deep.equal([]);
    }
  });
});
