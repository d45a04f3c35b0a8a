import type { BalancePolicySpec } from '../../src/api/generated/balance-policy.ts';
import { validatePolicy } from '../../src/api/validation/validate-manifest.ts';
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
import { exponentialBackoff } from '../../src/lib/backoff.ts';
import { createVirtualClock, type VirtualClock } from '../../src/lib/virtual-clock.ts';
import { statusProblems } from './crd-status.ts';
import { createFakeApiClient, type FakeApiClient, type FakeObject } from './fake-api-client.ts';
import { createFakeProxmoxCluster, type FakeProxmoxCluster } from './fake-proxmox-cluster.ts';
import { createPausableClock } from './pausable-clock.ts';
import { createRecordingLogger, type RecordingLogger } from './recording-logger.ts';

/** The operator is killed at its n-th call of the API server or of Proxmox, before or after that took effect. */
export interface CrashPoint {
  readonly at: number;
  readonly when: 'Before' | 'After';
}

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

class Crash extends Error {}

interface Process {
  readonly options: PolicyReconcilerOptions;
  readonly signal: AbortSignal;
  dead: boolean;
}

const NAMESPACE = 'lab';
const NODES = ['pve1', 'pve2', 'pve3', 'pve4', 'pve5', 'pve6'];

/** Six nodes: two with seven guests each (100 to 106, 200 to 206), four with one each; CSLB moves one from each of the two. */
export function skewedCluster(proxmox: FakeProxmoxCluster): void {
  for (let index = 0; index < 7; index += 1) {
    proxmox.addGuest(100 + index, 'pve1');
    proxmox.addGuest(200 + index, 'pve2');
  }
  for (const [index, node] of NODES.slice(2).entries()) proxmox.addGuest(300 + index, node);
}

export function policySpec(spec: object = {}): BalancePolicySpec {
  const metadata = { name: 'any' };
  const manifest = {
    apiVersion: 'pve-cslb.io/v1alpha1',
    kind: 'BalancePolicy',
    metadata,
    spec: { clusterRef: { name: 'lab' }, mode: 'Automatic', ...spec },
  };
  const validation = validatePolicy(manifest);
  if (validation.kind === 'Invalid') throw new Error(JSON.stringify(validation.problems));
  return validation.object.spec;
}

export function createPolicyWorld(): PolicyWorld {
  const clock = createVirtualClock();
  const operatorClock = createPausableClock(clock);
  const api = createFakeApiClient();
  const proxmox = createFakeProxmoxCluster(clock, NODES);
  const logger = createRecordingLogger();
  const events: RecordedEvent[] = [];
  const violations: string[] = [];
  const due = new Map<string, number>();
  const failures = new Map<string, number>();
  const states = new Map<string, ClusterState>();
  let ioCalls = 0;
  let reconciles = 0;
  let crashPoint: CrashPoint | undefined;

  skewedCluster(proxmox);
  proxmox.onStart = ({ vmid, node, target }) => {
    const intents = policies()
      .flatMap(({ status }) => status?.migrations ?? [])
      .filter((entry) => entry.vmid === vmid);
    const [intent] = intents;
    if (intents.length !== 1 || intent?.source !== node || intent.target !== target || intent.upid) {
      violations.push(`POST of ${vmid} ${node} → ${target} with the intents ${JSON.stringify(intents)}`);
    }
    const open = proxmox.tasks.find(
      (task) =>
        task.vmid === vmid &&
        (task.user === proxmox.user || task.request !== undefined) &&
        task.endTime > proxmox.now(),
    );
    if (open) violations.push(`POST of ${vmid} while ${open.upid} is open`);
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
      for (const each of policies())
        if (clusterKeyOf(each) === key) due.set(objectKey(each), clock.monotonic());
    });
    const holds: ClusterHolds = createClusterHolds();
    return {
      client: mortal<ApiClient>(api, ['get', 'applyStatus'], process),
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

  /** The same, but every call counts, and may be the process's last. */
  function mortal<T extends object>(target: T, calls: readonly (keyof T)[], process: () => Process): T {
    return new Proxy(target, {
      get(object, name) {
        const member: unknown = Reflect.get(object, name);
        if (typeof member !== 'function' || !calls.includes(name as keyof T)) return member;
        return async (...parameters: unknown[]) => {
          const self = process();
          if (self.dead) throw new Crash('a dead process called');
          ioCalls += 1;
          const last = crashPoint?.at === ioCalls ? crashPoint.when : undefined;
          if (last === 'Before') die(self);
          const answer: unknown = await member.apply(object, parameters);
          if (self.dead) throw new Crash('died meanwhile');
          if (last === 'After') die(self);
          return answer;
        };
      },
    });
  }

  function die(process: Process): never {
    process.dead = true;
    throw new Crash(`died at call ${ioCalls}`);
  }

  function readyState(name = 'lab'): ClusterState & { readonly kind: 'Ready' } {
    const cluster = api.read<StoredCluster>('PveCluster', `${NAMESPACE}/${name}`);
    if (!cluster) throw new Error(`there is no cluster '${name}'`);
    const { uid, generation = 1 } = cluster.metadata;
    const calls = [
      'readInventory',
      'readGuest',
      'examineGuest',
      'startMigration',
      'readTask',
      'listMigrateTasks',
      'taskTargets',
      'readTime',
    ] as const;
    const port = mortal<ProxmoxCluster>(proxmox, calls, () => running);
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

  function schedule(key: string, result: ReconcileResult): void {
    if (result.kind !== 'Retry') failures.delete(key);
    const milliseconds =
      result.kind === 'Done' ? undefined : result.kind === 'RequeueAfter' ? result.milliseconds : pause(key);
    if (milliseconds === undefined) return;
    due.set(key, Math.min(due.get(key) ?? Number.POSITIVE_INFINITY, clock.monotonic() + milliseconds));
  }

  function pause(key: string): number {
    const count = failures.get(key) ?? 0;
    failures.set(key, count + 1);
    return exponentialBackoff(count, 1_000, 60_000);
  }

  /** Who is next, and when. */
  function next(): readonly [string, number] | undefined {
    return [...due].toSorted((left, right) => left[1] - right[1])[0];
  }

  function restart(): void {
    running.dead = true;
    crashPoint = undefined;
    running = start();
    failures.clear();
    due.clear();
    for (const each of policies()) due.set(objectKey(each), clock.monotonic());
  }

  function put<T extends FakeObject>(object: T): void {
    api.put(object);
    due.set(objectKey(object), clock.monotonic());
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
      return ioCalls;
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
      due.set(key, clock.monotonic());
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
      due.set(`${NAMESPACE}/${name}`, clock.monotonic());
    },
    leapWall: operatorClock.leapWall,
    restart,
    crashAt(point) {
      crashPoint = { ...point, at: ioCalls + point.at };
    },
    async run(milliseconds, done = () => false) {
      const end = clock.monotonic() + milliseconds;
      for (;;) {
        if (done()) return true;
        const [key, at] = next() ?? [];
        if (key === undefined || at === undefined || at > end) {
          await clock.advance(Math.max(0, end - clock.monotonic()));
          return done();
        }
        await clock.advance(Math.max(0, at - clock.monotonic()));
        due.delete(key);
        const result = await reconcile(key);
        if (running.dead) restart();
        else schedule(key, result);
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
