import type { ApiClient } from '../kubernetes/api-client.ts';
import { runController } from '../kubernetes/controller.ts';
import { createEventRecorder } from '../kubernetes/event-recorder.ts';
import { objectKey } from '../kubernetes/kubernetes-object.ts';
import { createWorkQueue } from '../kubernetes/work-queue.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { createClusterHolds } from './balance-policy/cluster-holds.ts';
import { clusterKeyOf } from './balance-policy/find-cluster.ts';
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
}

const COMPONENT = 'pve-cslb.io/operator';
const WORKERS = 4;
/** A cause that goes is noticed within this time at the latest. */
const LONGEST_BACKOFF_MS = 60_000;
const EVENTS_DRAIN_MS = 3_000;

/** Runs both controllers until `signal`, then lets the steps under way end. */
export async function runOperator(options: OperatorOptions): Promise<void> {
  const { client, clock, random, logger, signal, graceSignal, namespaces } = options;
  const events = createEventRecorder({
    client,
    component: COMPONENT,
    instance: options.instance,
    clock,
    logger,
  });
  const clusters = createObjectCache<StoredCluster>({
    client,
    kind: PVE_CLUSTERS,
    namespaces,
    clock,
    logger,
  });
  const policies = createObjectCache<StoredPolicy>({
    client,
    kind: BALANCE_POLICIES,
    namespaces,
    clock,
    logger,
  });
  const clusterQueue = createWorkQueue({ clock, random, maxDelayMs: LONGEST_BACKOFF_MS });
  const policyQueue = createWorkQueue({ clock, random, maxDelayMs: LONGEST_BACKOFF_MS });
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

  logger.info({ namespaces: namespaces.length === 0 ? 'all' : namespaces }, 'Starting operator');
  const onStop = () => logger.info({}, 'Stopping operator');
  signal.addEventListener('abort', onStop, { once: true });
  clusters.start(signal);
  policies.start(signal);
  try {
    await Promise.all([clusters.waitForSync(signal), policies.waitForSync(signal)]);
    logger.info({ clusters: clusters.list().length, policies: policies.list().length }, 'Synced caches');
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
      leadership: SOLE_LEADERSHIP,
    };
    const common = { workers: WORKERS, logger, clock, signal };
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
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await events.stop(EVENTS_DRAIN_MS);
    await connections.closeAll();
  }
  logger.info({}, 'Stopped operator');
}
