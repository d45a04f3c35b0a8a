import { expect } from 'chai';
import type { BalancePolicyStatus } from '../../../src/api/generated/balance-policy.ts';
import {
  BALANCE_POLICIES,
  PVE_CLUSTERS,
  type StoredCluster,
  type StoredPolicy,
} from '../../../src/controllers/resources.ts';
import { createWorkQueue } from '../../../src/kubernetes/work-queue.ts';
import { createVirtualClock, type VirtualClock } from '../../../src/lib/virtual-clock.ts';
import { createOperatorMetrics, type OperatorMetrics } from '../../../src/metrics/operator-metrics.ts';
import { policySpec } from '../../support/policy-spec.ts';
import { parseSamples } from '../../support/scrape.ts';

const never = new AbortController().signal;

describe('the metrics', () => {
  let clock: VirtualClock;
  let policies: StoredPolicy[];
  let clusters: StoredCluster[];
  let metrics: OperatorMetrics;

  beforeEach(() => {
    clock = createVirtualClock();
    policies = [];
    clusters = [];
    metrics = createOperatorMetrics({
      version: '1.2.3',
      clock,
      eventLoopLagMs: () => 250,
      lease: 'pve-cslb-operator',
      apiServer: '10.0.0.1:6443',
      policies: () => policies,
      clusters: () => clusters,
    });
  });

  const scrape = async () => parseSamples(await metrics.registry.metrics());

  async function sampleOf(series: string): Promise<number | undefined> {
    return (await scrape()).get(series);
  }

  /** All series whose name and labels hold this text. */
  async function seriesWith(text: string): Promise<readonly string[]> {
    return [...(await scrape()).keys()].filter((series) => series.includes(text));
  }

  function policy(name: string, status?: BalancePolicyStatus): StoredPolicy {
    const { apiVersion, kind } = BALANCE_POLICIES;
    const metadata = { namespace: 'lab', name, uid: `uid-${name}`, resourceVersion: '1' };
    const object = { apiVersion, kind, metadata, spec: policySpec(), ...(status ? { status } : {}) };
    return object as StoredPolicy;
  }

  describe('of policies', () => {
    const STATUS: BalancePolicyStatus = {
      lastEvaluationTime: '2025-12-31T23:59:00Z',
      imbalance: { value: '23.4%', tolerance: '20.0%', mean: '90.0', deviation: '21.1' },
      nodes: [
        { name: 'pve1', weight: 131, cpu: '63.2%', memory: '71.0%', guests: 7, role: 'Source' },
        { name: 'pve2', guests: 0, role: 'Offline' },
      ],
      plan: {
        id: '1-abc',
        time: '2025-12-31T23:59:00Z',
        strategy: 'Cslb',
        predictedImbalance: '8.1%',
        migrationCount: 2,
        migrations: [],
        blocked: [{ reason: 'Locked', count: 3, examples: [] }],
      },
      migrations: [
        {
          id: 'm',
          vmid: 100,
          type: 'qemu',
          name: 'web',
          source: 'pve1',
          target: 'pve2',
          state: 'Running',
          identity: 'lab',
          intentTime: '2026-01-01T00:00:00Z',
        },
      ],
      conditions: [
        {
          type: 'Balanced',
          status: 'False',
          reason: 'Imbalanced',
          message: '',
          lastTransitionTime: '2026-01-01T00:00:00Z',
        },
      ],
    };
    const LAB = 'namespace="lab",policy="lab"';

    it('show what the last evaluation found', async () => {
      policies = [policy('lab', STATUS)];
      const samples = await scrape();
      const expected: Readonly<Record<string, number>> = {
        [`pve_cslb_imbalance_ratio{${LAB}}`]: 0.234,
        [`pve_cslb_tolerance_ratio{${LAB}}`]: 0.2,
        [`pve_cslb_plan_predicted_imbalance_ratio{${LAB}}`]: 0.081,
        [`pve_cslb_plan_migrations{${LAB}}`]: 2,
        [`pve_cslb_plan_age_seconds{${LAB}}`]: 60,
        [`pve_cslb_evaluation_age_seconds{${LAB}}`]: 60,
        'pve_cslb_node_weight{namespace="lab",node="pve1",policy="lab"}': 131,
        'pve_cslb_node_load_ratio{namespace="lab",node="pve1",policy="lab",resource="cpu"}': 0.632,
        'pve_cslb_node_load_ratio{namespace="lab",node="pve1",policy="lab",resource="memory"}': 0.71,
        'pve_cslb_node_guests{namespace="lab",node="pve1",policy="lab"}': 7,
        [`pve_cslb_blocked_guests{${LAB},reason="Locked"}`]: 3,
        [`pve_cslb_blocked_guests{${LAB},reason="Template"}`]: 0,
        [`pve_cslb_migrations_in_flight{${LAB},state="Running"}`]: 1,
        [`pve_cslb_migrations_in_flight{${LAB},state="Overdue"}`]: 0,
        [`pve_cslb_policy_condition{condition="Balanced",${LAB},status="False"}`]: 1,
        [`pve_cslb_policy_condition{condition="Balanced",${LAB},status="True"}`]: 0,
        [`pve_cslb_policy_condition{condition="Stalled",${LAB},status="True"}`]: 0,
      };
      for (const [series, value] of Object.entries(expected)) {
        expect(samples.get(series), series).to.equal(value);
      }
      expect(await seriesWith('node="pve2"')).to.deep.equal([
        'pve_cslb_node_guests{namespace="lab",node="pve2",policy="lab"}',
      ]);
    });

    it('show the spread of each resource, and what of the placement is not so', async () => {
      const resources = [
        { name: 'cpu', spread: '23.4%' },
        { name: 'memory', spread: '0.0%' },
      ] as const;
      const stalled = {
        type: 'Stalled',
        status: 'True',
        reason: 'RuleConflict',
        message: '',
        lastTransitionTime: '2026-01-01T00:00:00Z',
      } as const;
      policies = [
        policy('lab', {
          ...STATUS,
          imbalance: { value: '23.4%', tolerance: '10.0%', unmet: 2, resources: [...resources] },
          conditions: [stalled],
        }),
        policy('cslb', STATUS),
      ];
      expect(await sampleOf(`pve_cslb_resource_spread_ratio{${LAB},resource="cpu"}`)).to.equal(0.234);
      expect(await sampleOf(`pve_cslb_resource_spread_ratio{${LAB},resource="memory"}`)).to.equal(0);
      expect(await sampleOf(`pve_cslb_placement_unmet{${LAB}}`)).to.equal(2);
      expect(await sampleOf(`pve_cslb_rule_conflict{${LAB}}`)).to.equal(1);
      expect(await sampleOf('pve_cslb_rule_conflict{namespace="lab",policy="cslb"}')).to.equal(0);
      expect(await seriesWith('spread_ratio{namespace="lab",policy="cslb"')).to.deep.equal([]);
      expect(await seriesWith('placement_unmet{namespace="lab",policy="cslb"')).to.deep.equal([]);
    });

    it('are 0 or absent where nothing is known, whatever stands in the status', async () => {
      policies = [
        policy('new'),
        policy('odd', { imbalance: { value: 'much', tolerance: '', mean: '', deviation: '' } }),
      ];
      expect(
        await sampleOf('pve_cslb_migrations_in_flight{namespace="lab",policy="new",state="Running"}'),
      ).to.equal(0);
      expect(await seriesWith('imbalance_ratio')).to.deep.equal([]);
      expect(await seriesWith('plan_')).to.deep.equal([]);
    });

    it('say that a balanced cluster has nothing to migrate', async () => {
      const { plan: _, ...balanced } = STATUS;
      policies = [policy('lab', balanced)];
      expect(await sampleOf(`pve_cslb_plan_migrations{${LAB}}`)).to.equal(0);
      expect(await seriesWith('plan_age')).to.deep.equal([]);
    });

    it('end with the policy, all of them', async () => {
      policies = [policy('lab', STATUS), policy('other', STATUS)];
      const { migrations } = metrics.observers;
      migrations.migrationEnded({
        namespace: 'lab',
        policy: 'lab',
        outcome: 'Succeeded',
        memoryBytes: 1,
        milliseconds: 1,
      });
      expect(await seriesWith('policy="lab"')).to.not.deep.equal([]);
      policies = policies.slice(1);
      expect(await seriesWith('policy="lab"')).to.deep.equal([]);
      expect(await seriesWith('policy="other"')).to.not.deep.equal([]);
    });
  });

  it('count migrations by outcome, from 0 on', async () => {
    policies = [policy('lab')];
    const outcome = (name: string) =>
      sampleOf(`pve_cslb_migrations_total{namespace="lab",outcome="${name}",policy="lab"}`);
    expect([await outcome('Succeeded'), await outcome('NotStarted')]).to.deep.equal([0, 0]);
    const ended = { namespace: 'lab', policy: 'lab', memoryBytes: 8 * 1024 ** 3 };
    const { migrations } = metrics.observers;
    migrations.migrationEnded({ ...ended, outcome: 'Succeeded', milliseconds: 90_000 });
    migrations.migrationEnded({ ...ended, outcome: 'Failed', milliseconds: 10_000 });
    migrations.migrationEnded({ ...ended, outcome: 'NotStarted', milliseconds: undefined });
    expect([await outcome('Succeeded'), await outcome('Failed'), await outcome('NotStarted')]).to.deep.equal([
      1, 1, 1,
    ]);
    const LAB = '{namespace="lab",policy="lab"}';
    expect(await sampleOf(`pve_cslb_migrated_bytes_total${LAB}`)).to.equal(8 * 1024 ** 3);
    expect(await sampleOf(`pve_cslb_migration_duration_seconds_sum${LAB}`)).to.equal(100);
    expect(await sampleOf(`pve_cslb_migration_duration_seconds_count${LAB}`)).to.equal(2);
  });

  it('show the conditions of PveClusters', async () => {
    const { apiVersion, kind } = PVE_CLUSTERS;
    const metadata = { namespace: 'lab', name: 'lab', uid: 'uid', resourceVersion: '1' };
    const condition = { type: 'Ready', status: 'True', reason: 'Ready', message: '', lastTransitionTime: '' };
    clusters = [
      {
        apiVersion,
        kind,
        metadata,
        spec: {},
        status: { conditions: [condition] },
      } as unknown as StoredCluster,
    ];
    const ready = 'pve_cslb_cluster_condition{cluster="lab",condition="Ready",namespace="lab"';
    expect(await sampleOf(`${ready},status="True"}`)).to.equal(1);
    expect(await sampleOf(`${ready},status="Unknown"}`)).to.equal(0);
    clusters = [];
    expect(await seriesWith('cluster="lab"')).to.deep.equal([]);
  });

  it('time what a work queue does', async () => {
    const observer = metrics.observers.queue('balancepolicy');
    const queue = createWorkQueue({ clock, random: () => 0.5, observer });
    const Q = '{controller="balancepolicy",name="balancepolicy"}';
    queue.add('lab/a');
    queue.add('lab/b');
    queue.add('lab/a');
    expect(await sampleOf(`workqueue_depth${Q}`)).to.equal(2);
    expect(await sampleOf(`workqueue_adds_total${Q}`)).to.equal(2);
    await clock.advance(3_000);
    const key = await queue.next(never);
    await clock.advance(2_000);
    expect(await sampleOf(`workqueue_depth${Q}`)).to.equal(1);
    expect(await sampleOf(`workqueue_queue_duration_seconds_sum${Q}`)).to.equal(3);
    expect(await sampleOf(`workqueue_unfinished_work_seconds${Q}`)).to.equal(2);
    expect(await sampleOf(`workqueue_longest_running_processor_seconds${Q}`)).to.equal(2);
    queue.addRateLimited('lab/a');
    queue.done(key ?? '');
    expect(await sampleOf(`workqueue_work_duration_seconds_sum${Q}`)).to.equal(2);
    expect(await sampleOf(`workqueue_unfinished_work_seconds${Q}`)).to.equal(0);
    expect(await sampleOf(`workqueue_retries_total${Q}`)).to.equal(1);
    queue.shutDown();
  });

  it('sort reconciles as controller-runtime does', async () => {
    const { controllers } = metrics.observers;
    const reconcile = { controller: 'balancepolicy', key: 'lab/lab' };
    const result = (name: string) =>
      sampleOf(`controller_runtime_reconcile_total{controller="balancepolicy",result="${name}"}`);
    const C = '{controller="balancepolicy"}';
    expect([await result('success'), await result('error'), await result('requeue')]).to.deep.equal([
      0, 0, 0,
    ]);
    controllers.reconcileStarted(reconcile);
    expect(await sampleOf(`controller_runtime_active_workers${C}`)).to.equal(1);
    const end = (
      kind: 'Done' | 'RequeueAfter' | 'Retry',
      failure?: 'Failed' | 'Stalled' | 'Conflict' | 'CutShort' | 'Unforeseen',
    ) => controllers.reconcileEnded({ ...reconcile, result: kind, failure, milliseconds: 500 });
    end('Done');
    expect(await sampleOf(`controller_runtime_active_workers${C}`)).to.equal(0);
    end('RequeueAfter');
    end('RequeueAfter', 'Stalled');
    end('Retry', 'Failed');
    end('Retry', 'Conflict');
    end('Retry', 'CutShort');
    end('Retry', 'Unforeseen');
    expect([await result('success'), await result('requeue_after')]).to.deep.equal([1, 1]);
    expect([await result('error'), await result('requeue')]).to.deep.equal([3, 2]);
    expect(await sampleOf(`controller_runtime_reconcile_errors_total${C}`)).to.equal(3);
    expect(await sampleOf(`controller_runtime_terminal_reconcile_errors_total${C}`)).to.equal(1);
    expect(await sampleOf(`controller_runtime_reconcile_panics_total${C}`)).to.equal(1);
    expect(await sampleOf(`controller_runtime_reconcile_time_seconds_count${C}`)).to.equal(7);
    expect(await seriesWith('reconcile_time_seconds_bucket{controller="pvecluster"')).to.have.length(41);
  });

  it('show who leads', async () => {
    const series = 'leader_election_master_status{name="pve-cslb-operator"}';
    expect(await sampleOf(series)).to.equal(0);
    metrics.leader.leadershipChanged(true);
    expect(await sampleOf(series)).to.equal(1);
    metrics.leader.leadershipChanged(false);
    expect(await sampleOf(series)).to.equal(0);
  });

  it('count requests to the Kubernetes API', async () => {
    metrics.kubernetesClient.requestEnded({ method: 'GET', status: 404, milliseconds: 30 });
    metrics.kubernetesClient.requestEnded({ method: 'GET', status: undefined, milliseconds: 15_000 });
    const count = (code: string) =>
      sampleOf(`rest_client_requests_total{code="${code}",host="10.0.0.1:6443",method="GET"}`);
    expect([await count('200'), await count('404'), await count('<error>')]).to.deep.equal([0, 1, 1]);
    const duration = 'rest_client_request_duration_seconds_sum{host="10.0.0.1:6443",verb="GET"}';
    expect(await sampleOf(duration)).to.equal(15.03);
  });

  it('count requests to Proxmox by endpoint, for as long as somebody uses it', async () => {
    const endpoint = 'https://pve1.example:8006';
    const { proxmoxClient } = metrics;
    proxmoxClient.opened([endpoint]);
    proxmoxClient.opened([endpoint]);
    proxmoxClient.requestEnded({ endpoint, method: 'GET', failure: undefined, milliseconds: 20 });
    proxmoxClient.requestEnded({ endpoint, method: 'POST', failure: 'Forbidden', milliseconds: 40 });
    expect(await sampleOf(`pve_cslb_proxmox_requests_total{endpoint="${endpoint}",method="GET"}`)).to.equal(
      1,
    );
    const failures = (name: string) =>
      sampleOf(`pve_cslb_proxmox_request_errors_total{class="${name}",endpoint="${endpoint}"}`);
    expect([await failures('Forbidden'), await failures('Unreachable')]).to.deep.equal([1, 0]);
    proxmoxClient.closed([endpoint]);
    expect(await failures('Forbidden')).to.equal(1);
    proxmoxClient.closed([endpoint]);
    proxmoxClient.requestEnded({ endpoint, method: 'GET', failure: 'Unreachable', milliseconds: 20 });
    expect(await seriesWith(endpoint)).to.deep.equal([]);
  });

  it('tell of the process itself', async () => {
    expect(await sampleOf('pve_cslb_build_info{version="1.2.3"}')).to.equal(1);
    expect(await sampleOf('pve_cslb_event_loop_lag_seconds')).to.equal(0.25);
    expect(await sampleOf('process_resident_memory_bytes')).to.be.greaterThan(1_000_000);
    expect(await sampleOf('process_cpu_seconds_total')).to.be.greaterThan(0);
  });
});
