import { type ClusterHolds, createClusterHolds } from '../../src/controllers/balance-policy/cluster-holds.ts';
import { clusterKeyOf } from '../../src/controllers/balance-policy/find-cluster.ts';
import { createPolicyMemories } from '../../src/controllers/balance-policy/policy-memory.ts';
import {
  type PolicyReconcilerOptions,
  reconcilePolicy,
} from '../../src/controllers/balance-policy/policy-reconciler.ts';
import { type ClusterState, createClusterDirectory } from '../../src/controllers/cluster-directory.ts';
import { type Leadership, SOLE_LEADERSHIP } from '../../src/controllers/leadership.ts';
import type { ProxmoxCluster } from '../../src/controllers/proxmox-cluster.ts';
import type { StoredCluster, StoredPolicy } from '../../src/controllers/resources.ts';
import type { ApiClient } from '../../src/kubernetes/api-client.ts';
import type { ReconcileResult } from '../../src/kubernetes/controller.ts';
import type { ObjectEvent } from '../../src/kubernetes/event-recorder.ts';
import { objectKey } from '../../src/kubernetes/kubernetes-object.ts';
import { createVirtualClock, type VirtualClock } from '../../src/lib/virtual-clock.ts';
import { statusProblems } from './crd-status.ts';
import { createFakeApiClient, type FakeApiClient, type FakeObject } from './fake-api-client.ts';
import { createFakeProxmoxCluster, type FakeProxmoxCluster } from './fake-proxmox-cluster.ts';
import { type CrashPoint, createMortalCalls, type MortalProcess } from './mortal-calls.ts';
import { createPausableClock } from './pausable-clock.ts';
import { policySpec } from './policy-spec.ts';
import { createReconcileQueue } from './reconcile-queue.ts';
import { createRecordingLogger, type RecordingLogger } from './recording-logger.ts';
import { requestViolations } from './request-violations.ts';
import { SKEWED_NODES, skewedCluster } from './skewed-cluster.ts';

export interface PolicyChange {
  readonly spec?: object;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly creationTimestamp?: string;
}

export interface RecordedEvent extends ObjectEvent {
  readonly object: string;
}

/**
 * Policies on an API server and a Proxmox cluster, both in memory, and an operator that can be killed and started again.
 * Policies are reconciled when they asked for it or something happened to them, in the time of one virtual clock.
 */
export interface PolicyWorld {
  readonly clock: VirtualClock;
  readonly api: FakeApiClient;
  readonly proxmox: FakeProxmoxCluster;
  readonly logger: RecordingLogger;
  readonly events: readonly RecordedEvent[];
  /** What no test may ever see: a POST without its stored intent, two open migrations of a guest, a status the CRD refuses. */
  readonly violations: readonly string[];
  /** Calls of the API server and of Proxmox since the world began. */
  readonly ioCalls: number;
  readonly reconciles: number;
  policy(name?: string): StoredPolicy;
  /** Creates the policy or changes it, as `kubectl apply` would. */
  apply(name?: string, change?: PolicyChange): void;
  wipeStatus(name?: string): void;
  editStatus(name: string, change: (status: NonNullable<StoredPolicy['status']>) => object): void;
  remove(name?: string): void;
  /** Somebody's finalizer keeps the object, which is to go. */
  markDeleted(name?: string): void;
  /** What the probe found; undefined when none has ended. Ready with the fake cluster by default. */
  setCluster(state: ClusterState | 'Ready' | undefined, name?: string): void;
  readyCluster(name?: string): ClusterState & { readonly kind: 'Ready' };
  putCluster(
    name?: string,
    metadata?: { readonly generation?: number; readonly deletionTimestamp?: string },
  ): void;
  removeCluster(name?: string): void;
  leadership: Leadership;
  /** What the caches show of the policies instead of the truth. */
  cachedPolicies: (() => readonly StoredPolicy[]) | undefined;
  enqueue(name?: string): void;
  /** Sets the operator's wall clock forward or back. */
  leapWall(milliseconds: number): void;
  /** A new process, which knows nothing of what the old one knew. */
  restart(): void;
  crashAt(point: CrashPoint): void;
  /** Lets time pass, at most `milliseconds`, until `done`; says whether it was done. */
  run(milliseconds: number, done?: () => boolean): Promise<boolean>;
}

interface Process extends MortalProcess {
  readonly options: PolicyReconcilerOptions;
  readonly signal: AbortSignal;
}

const NAMESPACE = 'lab';
const PROXMOX_CALLS = [
  'readInventory',
  'readGuest',
  'examineGuest',
  'startMigration',
  'readTask',
  'listMigrateTasks',
  'taskTargets',
  'readTime',
] as const;

export function createPolicyWorld(): PolicyWorld {
  const clock = createVirtualClock();
  const operatorClock = createPausableClock(clock);
  const api = createFakeApiClient();
  const proxmox = createFakeProxmoxCluster(clock, SKEWED_NODES);
  const logger = createRecordingLogger();
  const events: RecordedEvent[] = [];
  const violations: string[] = [];
  const queue = createReconcileQueue(clock);
  const calls = createMortalCalls();
  const states = new Map<string, ClusterState>();
  let reconciles = 0;

  skewedCluster(proxmox);
  proxmox.onStart = (request) => {
    violations.push(...requestViolations(request, policies(), proxmox));
  };

  function policies(): readonly StoredPolicy[] {
    return api.all<StoredPolicy>('BalancePolicy');
  }

  function policy(name = 'lab'): StoredPolicy {
    const found = api.read<StoredPolicy>('BalancePolicy', `${NAMESPACE}/${name}`);
    if (!found) throw new Error(`there is no policy '${name}'`);
    return found;
  }

  function start(): Process {
    const controller = new AbortController();
    const process: Process = { options: optionsOf(() => process), signal: controller.signal, dead: false };
    for (const [key, state] of states) process.options.clusters.directory.set(key, state);
    return process;
  }

  function optionsOf(process: () => Process): PolicyReconcilerOptions {
    const directory = createClusterDirectory();
    directory.onChange((key) => {
      for (const each of policies()) if (clusterKeyOf(each) === key) queue.add(objectKey(each));
    });
    const holds: ClusterHolds = createClusterHolds();
    return {
      client: calls.mortal<ApiClient>(api, ['get', 'applyStatus'], process),
      events: {
        record: (object, event) => events.push({ object: objectKey(object), ...event }),
        stop: async () => undefined,
      },
      clock: operatorClock,
      random: () => 0.5,
      graceSignal: new AbortController().signal,
      clusters: { cluster: (key) => api.read<StoredCluster>('PveCluster', key), directory },
      policies: () => world.cachedPolicies?.() ?? policies(),
      memories: createPolicyMemories(),
      holds,
      leadership: { isCertain: () => world.leadership.isCertain() },
    };
  }

  function readyState(name = 'lab'): ClusterState & { readonly kind: 'Ready' } {
    const cluster = api.read<StoredCluster>('PveCluster', `${NAMESPACE}/${name}`);
    if (!cluster) throw new Error(`there is no cluster '${name}'`);
    const { uid, generation = 1 } = cluster.metadata;
    const port = calls.mortal<ProxmoxCluster>(proxmox, PROXMOX_CALLS, () => running);
    return { kind: 'Ready', uid, generation, identity: proxmox.identity, proxmox: port };
  }

  async function reconcile(key: string): Promise<ReconcileResult> {
    reconciles += 1;
    const { signal, options } = running;
    try {
      return await drive(reconcilePolicy(key, { signal, logger, reconcileId: 'test' }, options));
    } catch (error) {
      return { kind: 'Retry', error };
    }
  }

  /** Lets a promise come to its end, with the time that it wants to sleep. */
  async function drive<T>(promise: Promise<T>): Promise<T> {
    let ended = false;
    const end = () => {
      ended = true;
    };
    promise.then(end, end);
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      const next = clock.nextDue();
      if (ended) return await promise;
      if (next !== undefined) await clock.advance(Math.max(0, next - clock.now()));
    }
  }

  function restart(): void {
    running.dead = true;
    calls.spare();
    running = start();
    queue.clear();
    for (const each of policies()) queue.add(objectKey(each));
  }

  function put<T extends FakeObject>(object: T): void {
    api.put(object);
    queue.add(objectKey(object));
  }

  const world: PolicyWorld = {
    clock,
    api,
    proxmox,
    logger,
    events,
    violations,
    leadership: SOLE_LEADERSHIP,
    cachedPolicies: undefined,
    get ioCalls() {
      return calls.count;
    },
    get reconciles() {
      return reconciles;
    },
    policy,
    apply(name = 'lab', change = {}) {
      const known = api.read<StoredPolicy>('BalancePolicy', `${NAMESPACE}/${name}`);
      const spec = { ...(known?.spec ?? policySpec()), ...(change.spec && policySpec(change.spec)) };
      const annotations = { ...known?.metadata.annotations, ...change.annotations };
      const { generation = 0 } = known?.metadata ?? {};
      const creationTimestamp =
        change.creationTimestamp ??
        known?.metadata.creationTimestamp ??
        new Date(clock.now()).toISOString().replace('.000Z', 'Z');
      const metadata = {
        name,
        namespace: NAMESPACE,
        annotations,
        creationTimestamp,
        ...(known && { uid: known.metadata.uid }),
        generation: change.spec || !known ? generation + 1 : generation,
      };
      put({
        apiVersion: 'pve-cslb.io/v1alpha1',
        kind: 'BalancePolicy',
        metadata,
        spec,
        ...(known?.status && { status: known.status }),
      });
    },
    wipeStatus(name = 'lab') {
      const { status: _, ...rest } = policy(name);
      put(rest);
    },
    editStatus(name, change) {
      const known = policy(name);
      put({ ...known, status: change(known.status ?? {}) });
    },
    remove(name = 'lab') {
      const key = `${NAMESPACE}/${name}`;
      api.remove('BalancePolicy', key);
      queue.add(key);
    },
    markDeleted(name = 'lab') {
      const known = policy(name);
      const deletionTimestamp = new Date(clock.now()).toISOString();
      put({ ...known, metadata: { ...known.metadata, deletionTimestamp } });
    },
    setCluster(state, name = 'lab') {
      const key = `${NAMESPACE}/${name}`;
      const { directory } = running.options.clusters;
      if (state === undefined) {
        states.delete(key);
        directory.delete(key);
        return;
      }
      const found = state === 'Ready' ? readyState(name) : state;
      states.set(key, found);
      directory.set(key, found);
    },
    readyCluster: readyState,
    putCluster(name = 'lab', metadata = {}) {
      const known = api.read<StoredCluster>('PveCluster', `${NAMESPACE}/${name}`);
      api.put({
        apiVersion: 'pve-cslb.io/v1alpha1',
        kind: 'PveCluster',
        metadata: {
          name,
          namespace: NAMESPACE,
          generation: 1,
          ...(known && { uid: known.metadata.uid }),
          ...metadata,
        },
      });
    },
    removeCluster(name = 'lab') {
      const key = `${NAMESPACE}/${name}`;
      api.remove('PveCluster', key);
      world.setCluster(undefined, name);
    },
    enqueue: (name = 'lab') => {
      queue.add(`${NAMESPACE}/${name}`);
    },
    leapWall: operatorClock.leapWall,
    restart,
    crashAt: calls.crashAt,
    async run(milliseconds, done = () => false) {
      const end = clock.monotonic() + milliseconds;
      for (;;) {
        if (done()) return true;
        const [key, at] = queue.next() ?? [];
        if (key === undefined || at === undefined || at > end) {
          await clock.advance(Math.max(0, end - clock.monotonic()));
          return done();
        }
        await clock.advance(Math.max(0, at - clock.monotonic()));
        queue.delete(key);
        const result = await reconcile(key);
        if (running.dead) restart();
        else queue.schedule(key, result);
        for (const each of policies()) {
          const problems = statusProblems('BalancePolicy', each.status);
          if (problems.length > 0) violations.push(`a status the CRD refuses: ${problems.join('; ')}`);
        }
      }
    },
  };
  let running = start();
  world.putCluster();
  world.setCluster('Ready');
  return world;
}
