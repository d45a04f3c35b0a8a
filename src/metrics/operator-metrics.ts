import { Registry } from 'prom-client';
import { CONTROLLERS, type OperatorObservers, WORKERS } from '../controllers/operator.ts';
import type { StoredCluster, StoredPolicy } from '../controllers/resources.ts';
import type { ApiClientObserver } from '../kubernetes/api-client.ts';
import type { LeaderObserver } from '../kubernetes/leader-elector.ts';
import type { Clock } from '../lib/clock.ts';
import type { ProxmoxClientObserver } from '../proxmox/client-observer.ts';
import { registerClusterMetrics } from './cluster-metrics.ts';
import { registerKubernetesClientMetrics } from './kubernetes-client-metrics.ts';
import { registerLeaderMetrics } from './leader-metrics.ts';
import { registerMigrationMetrics } from './migration-metrics.ts';
import { registerPolicyMetrics } from './policy-metrics.ts';
import { registerProcessMetrics } from './process-metrics.ts';
import { registerProxmoxClientMetrics } from './proxmox-client-metrics.ts';
import { registerReconcileMetrics } from './reconcile-metrics.ts';
import { registerWorkQueueMetrics } from './work-queue-metrics.ts';

/** Everything that `/metrics` tells, and the observers that are told of it. docs/metrics.md lists it. */
export interface OperatorMetrics {
  readonly registry: Registry;
  readonly observers: OperatorObservers;
  readonly leader: LeaderObserver;
  readonly kubernetesClient: ApiClientObserver;
  readonly proxmoxClient: ProxmoxClientObserver;
}

export interface OperatorMetricsOptions {
  readonly version: string;
  readonly clock: Clock;
  readonly eventLoopLagMs: () => number;
  /** Name of the lease; undefined without leader election. */
  readonly lease: string | undefined;
  /** Host and port of the Kubernetes API server. */
  readonly apiServer: string;
  /** Those that this operator acts on: none while another leads, lest every replica counts them. */
  readonly policies: () => readonly StoredPolicy[];
  readonly clusters: () => readonly StoredCluster[];
}

/** In a registry of its own: a process can have several operators, as tests do. */
export function createOperatorMetrics(options: OperatorMetricsOptions): OperatorMetrics {
  const { clock, policies } = options;
  const registry = new Registry();
  registerProcessMetrics(registry, options);
  registerPolicyMetrics(registry, policies, clock);
  registerClusterMetrics(registry, options.clusters);
  return {
    registry,
    observers: {
      controllers: registerReconcileMetrics(registry, CONTROLLERS, WORKERS),
      queue: registerWorkQueueMetrics(registry, CONTROLLERS, clock),
      migrations: registerMigrationMetrics(registry, policies),
    },
    leader: registerLeaderMetrics(registry, options.lease),
    kubernetesClient: registerKubernetesClientMetrics(registry, options.apiServer),
    proxmoxClient: registerProxmoxClientMetrics(registry),
  };
}
