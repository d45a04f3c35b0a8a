import type { ApiClient } from '../kubernetes/api-client.ts';
import { type ControllerObserver, runController } from '../kubernetes/controller.ts';
import { createEventRecorder } from '../kubernetes/event-recorder.ts';
import { objectKey } from '../kubernetes/kubernetes-object.ts';
import type { LeaderElector } from '../kubernetes/leader-elector.ts';
import { createWorkQueue, type WorkQueueObserver } from '../kubernetes/work-queue.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { createClusterHolds } from './balance-policy/cluster-holds.ts';
import { clusterKeyOf } from './balance-policy/find-cluster.ts';
import type { MigrationObserver } from './balance-policy/policy-announcer.ts';
import { createPolicyMemories } from './balance-policy/policy-memory.ts';
import { reconcilePolicy } from './balance-policy/policy-reconciler.ts';
import { createClusterDirectory } from './cluster-directory.ts';
import { SOLE_LEADERSHIP } from './leadership.ts';
import { createObjectCache } from './object-cache.ts';
import { reconcileCluster } from './pve-cluster/cluster-reconciler.ts';
import { createConnections, type OpenProxmox } from './pve-cluster/connections.ts';
import { BALANCE_POLICIES, PVE_CLUSTERS, type StoredCluster, type StoredPolicy } from './resources.ts';
import { isClusterTrigger, isPolicyTrigger } from './triggers.ts';

export interface OperatorOptions {
  readonly client: ApiClient;
  readonly openProxmox: OpenProxmox;
  /** Which process this is, for Events: the pod's name. */
  readonly instance: string;
  /** All when empty. */
  readonly namespaces: readonly string[];
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  /** Aborted when the operator is to stop. */
  readonly signal: AbortSignal;
  /** Aborted when a stop has taken too long. */
  readonly graceSignal: AbortSignal;
  /** Says which of several operators acts; absent where there is only this one. */
  readonly elector?: LeaderElector;
  readonly observers?: OperatorObservers;
}

export interface OperatorObservers {
  readonly controllers: ControllerObserver;
  readonly migrations: MigrationObserver;
  queue(controller: ControllerName): WorkQueueObserver;
}

export const CONTROLLERS = ['pvecluster', 'balancepolicy'] as const;
export type ControllerName = (typeof CONTROLLERS)[number];

export interface Operator {
  /**
   * Reads, waits for the leadership, and runs both controllers until the signal; then lets the steps under way end and
   * gives the leadership back. Rejects at once with `LeadershipLost` when it is lost: what still runs was aborted, and the
   * process has to end.
   */
  run(): Promise<void>;
  /** What is wrong with the copy that is kept of each kind; undefined when nothing. Followers keep theirs too. */
  readiness(): readonly KindReadiness[];
  /** As last heard of. */
  policies(): readonly StoredPolicy[];
  clusters(): readonly StoredCluster[];
}

export interface KindReadiness {
  readonly kind: string;
  readonly problem: string | undefined;
}

const COMPONENT = 'pve-cslb.io/operator';
/** Reconciles of one controller at the same time. */
export const WORKERS = 4;
/** A cause that goes is noticed within this time at the latest. */
const LONGEST_BACKOFF_MS = 60_000;
const EVENTS_DRAIN_MS = 3_000;

export function createOperator(options: OperatorOptions): Operator {
  const { client, clock, random, logger, namespaces, elector, observers } = options;
  const lost = elector?.lost ?? new AbortController().signal;
  const signal = AbortSignal.any([options.signal, lost]);
  const graceSignal = AbortSignal.any([options.graceSignal, lost]);
  const cacheOptions = { client, namespaces, clock, random, logger };
  const clusters = createObjectCache<StoredCluster>({ ...cacheOptions, kind: PVE_CLUSTERS });
  const policies = createObjectCache<StoredPolicy>({ ...cacheOptions, kind: BALANCE_POLICIES });

  async function prepare(): Promise<void> {
    clusters.start(signal);
    policies.start(signal);
    await Promise.all([clusters.waitForSync(signal), policies.waitForSync(signal)]);
    logger.info({ clusters: clusters.list().length, policies: policies.list().length }, 'Synced caches');
    await elector?.acquire(signal);
  }

  async function runControllers(): Promise<void> {
    const { instance } = options;
    const events = createEventRecorder({ client, component: COMPONENT, instance, clock, logger });
    const newQueue = (controller: ControllerName) => {
      const observer = observers?.queue(controller);
      const queueOptions = { clock, random, maxDelayMs: LONGEST_BACKOFF_MS };
      return createWorkQueue({ ...queueOptions, ...(observer ? { observer } : {}) });
    };
    const clusterQueue = newQueue('pvecluster');
    const policyQueue = newQueue('balancepolicy');
    const directory = createClusterDirectory();
    const connections = createConnections(options.openProxmox);

    const enqueuePoliciesOf = (clusterKey: string) => {
      for (const policy of policies.list()) {
        if (clusterKeyOf(policy) === clusterKey) policyQueue.add(objectKey(policy));
      }
    };
    clusters.onChange((change) => {
      if (!isClusterTrigger(change)) return;
      const key = objectKey(change.object);
      clusterQueue.add(key);
      if (change.kind === 'Updated') return;
      enqueuePoliciesOf(key);
      // One that was a duplicate of it may be so no longer.
      if (change.kind === 'Deleted') for (const other of clusters.list()) clusterQueue.add(objectKey(other));
    });
    policies.onChange((change) => {
      if (isPolicyTrigger(change)) policyQueue.add(objectKey(change.object));
    });
    directory.onChange(enqueuePoliciesOf);

    const clusterOptions = { client, events, clock, random, connections, directory, clusters: clusters.list };
    const policyOptions = {
      client,
      events,
      clock,
      random,
      graceSignal,
      clusters: { cluster: clusters.get, directory },
      policies: policies.list,
      memories: createPolicyMemories(),
      holds: createClusterHolds(),
      leadership: elector ?? SOLE_LEADERSHIP,
      ...(observers ? { observer: observers.migrations } : {}),
    };
    const observer = observers?.controllers;
    const common = { workers: WORKERS, logger, clock, signal, ...(observer ? { observer } : {}) };
    try {
      await Promise.all([
        runController({
          ...common,
          name: 'pvecluster',
          queue: clusterQueue,
          reconcile: (key, context) => reconcileCluster(key, context, clusterOptions),
        }),
        runController({
          ...common,
          name: 'balancepolicy',
          queue: policyQueue,
          reconcile: (key, context) => reconcilePolicy(key, context, policyOptions),
        }),
      ]);
    } finally {
      await events.stop(EVENTS_DRAIN_MS);
      await connections.closeAll();
    }
  }

  async function runUntilStopped(): Promise<void> {
    try {
      await prepare();
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
    await runControllers();
  }

  return {
    async run() {
      logger.info({ namespaces: namespaces.length === 0 ? 'all' : namespaces }, 'Starting operator');
      const onStop = () => logger.info({}, 'Stopping operator');
      options.signal.addEventListener('abort', onStop, { once: true });
      await Promise.race([runUntilStopped(), rejection(lost)]);
      // Not when it failed: nobody knows what still runs then, and the lease runs out by itself.
      await elector?.release();
      logger.info({}, 'Stopped operator');
    },
    readiness: () => [
      { kind: PVE_CLUSTERS.kind, problem: clusters.problem() },
      { kind: BALANCE_POLICIES.kind, problem: policies.problem() },
    ],
    policies: policies.list,
    clusters: clusters.list,
  };
}

/** Rejects with the signal's reason, never resolves. */
function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
