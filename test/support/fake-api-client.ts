import type { ApiClient, WatchEvent } from '../../src/kubernetes/api-client.ts';
import { ApiError } from '../../src/kubernetes/api-error.ts';
import {
  type KubernetesObject,
  type NewKubernetesObject,
  objectKey,
} from '../../src/kubernetes/kubernetes-object.ts';
import type { ResourceKind } from '../../src/kubernetes/resource-kind.ts';

export type ApiCall = 'get' | 'list' | 'watch' | 'applyStatus' | 'create' | 'update' | 'patch';

/** What a call was given, as far as it has it. */
export interface RecordedCall {
  readonly call: ApiCall;
  readonly kind: ResourceKind;
  readonly key?: string;
  readonly body?: object;
  readonly resourceVersion?: string;
  readonly timeoutSeconds?: number;
  readonly limit?: number;
}

/** An API server in memory as far as the operator uses one: versions, optimistic locking, paged lists, watches, faults. */
export interface FakeApiClient extends ApiClient {
  readonly calls: RecordedCall[];
  /** As a user: creates an object or changes it. A new uid makes it another object of the same name. */
  put<T extends FakeObject>(object: T): KubernetesObject;
  remove(kind: string, key: string): void;
  read<T extends KubernetesObject>(kind: string, key: string): T | undefined;
  /** All objects of a kind. */
  all<T extends KubernetesObject>(kind: string): readonly T[];
  /** The next `times` calls of this sort throw; a write with `after` is carried out all the same. */
  fail(call: ApiCall, error: Error, options?: { readonly times?: number; readonly after?: boolean }): void;
  /** The n-th call of this sort from now on throws. */
  failNth(call: ApiCall, count: number, error: Error, options?: { readonly after?: boolean }): void;
  /** The next call of this sort never answers; it ends when it is aborted. */
  hang(call: ApiCall): void;
  /** Ends all open watches, with an error if one is given. */
  endWatches(error?: Error): void;
  /** Sends an event to all open watches as it is, whatever the state. */
  send(event: WatchEvent<KubernetesObject>): void;
  /** Forgets the past: a watch from an older version gets 410. */
  compact(): void;
  readonly openWatches: number;
  readonly version: number;
}

export type FakeObject = NewKubernetesObject & { readonly metadata: { readonly uid?: string } };

type StoredObject = KubernetesObject & { readonly status?: unknown };

interface LogEntry {
  readonly version: number;
  readonly event: WatchEvent<KubernetesObject>;
}

interface OpenWatch {
  readonly kind: string;
  readonly events: WatchEvent<KubernetesObject>[];
  end: { readonly error: Error | undefined } | undefined;
  wake: () => void;
}

interface Fault {
  readonly error: Error | undefined;
  readonly after: boolean;
}

export function createFakeApiClient(): FakeApiClient {
  const objects = new Map<string, StoredObject>();
  const watches = new Set<OpenWatch>();
  const faults = new Map<ApiCall, (Fault | undefined)[]>();
  const calls: RecordedCall[] = [];
  let log: LogEntry[] = [];
  let version = 100;
  let compactedAt = 0;
  let uids = 0;

  function publish(type: 'Added' | 'Modified' | 'Deleted', object: KubernetesObject): void {
    const event = { type, object };
    log.push({ version, event });
    for (const watch of watches) if (watch.kind === object.kind) deliver(watch, event);
  }

  function deliver(watch: OpenWatch, event: WatchEvent<KubernetesObject>): void {
    if (watch.end) return;
    watch.events.push(event);
    watch.wake();
  }

  function store<T extends FakeObject>(object: T, uid: string): StoredObject {
    const key = `${object.kind} ${objectKey(object)}`;
    const isNew = objects.get(key)?.metadata.uid !== uid;
    if (isNew && objects.has(key)) remove(object.kind, objectKey(object));
    version += 1;
    const stored = structuredClone({
      ...object,
      metadata: { ...object.metadata, uid, resourceVersion: String(version) },
    });
    objects.set(key, stored);
    publish(isNew ? 'Added' : 'Modified', structuredClone(stored));
    return structuredClone(stored);
  }

  function remove(kind: string, key: string): void {
    const object = objects.get(`${kind} ${key}`);
    if (!object) return;
    objects.delete(`${kind} ${key}`);
    version += 1;
    const metadata = { ...object.metadata, resourceVersion: String(version) };
    publish('Deleted', { ...object, metadata });
  }

  async function called(call: RecordedCall, signal: AbortSignal): Promise<Fault | undefined> {
    calls.push(call);
    signal.throwIfAborted();
    await undefined;
    const fault = faults.get(call.call)?.shift();
    if (!fault) return undefined;
    if (fault.error === undefined) await untilAborted(signal);
    if (!fault.after) throw fault.error;
    return fault;
  }

  function answer<T>(fault: Fault | undefined, object: object): T {
    if (fault?.error) throw fault.error;
    // A fake cannot know what T is, no more than the API server's client can.
    return object as T;
  }

  return {
    calls,
    async get<T extends KubernetesObject>(
      kind: ResourceKind,
      namespace: string,
      name: string,
      signal: AbortSignal,
    ) {
      const key = `${namespace}/${name}`;
      const fault = await called({ call: 'get', kind, key }, signal);
      const object = objects.get(`${kind.kind} ${key}`);
      return object && answer<T>(fault, structuredClone(object));
    },
    async list(kind, options, signal) {
      const { limit = Number.POSITIVE_INFINITY } = options;
      const fault = await called({ call: 'list', kind, limit }, signal);
      const from = Number(options.continue ?? 0);
      const all = [...objects.values()].filter(
        ({ kind: ofKind, metadata }) =>
          ofKind === kind.kind &&
          (options.namespace === undefined || metadata.namespace === options.namespace),
      );
      return answer(fault, {
        items: structuredClone(all.slice(from, from + limit)),
        resourceVersion: String(version),
        ...(from + limit < all.length ? { continue: String(from + limit) } : {}),
      });
    },
    async *watch<T extends KubernetesObject>(
      kind: ResourceKind,
      options: { readonly resourceVersion: string; readonly timeoutSeconds: number },
      signal: AbortSignal,
    ): AsyncGenerator<WatchEvent<T>> {
      const { resourceVersion, timeoutSeconds } = options;
      await called({ call: 'watch', kind, resourceVersion, timeoutSeconds }, signal);
      if (Number(resourceVersion) < compactedAt) throw apiError(410);
      const events = log
        .filter(({ version: at, event }) => at > Number(resourceVersion) && isOf(kind, event))
        .map(({ event }) => event);
      const watch: OpenWatch = { kind: kind.kind, events, end: undefined, wake: () => undefined };
      const onAbort = () => watch.wake();
      signal.addEventListener('abort', onAbort);
      watches.add(watch);
      try {
        for (;;) {
          signal.throwIfAborted();
          const event = watch.events.shift();
          if (event) yield event as WatchEvent<T>;
          else if (watch.end?.error) throw watch.end.error;
          else if (watch.end) return;
          else
            await new Promise<void>((resolve) => {
              watch.wake = resolve;
            });
        }
      } finally {
        signal.removeEventListener('abort', onAbort);
        watches.delete(watch);
      }
    },
    async applyStatus<T extends KubernetesObject>(
      kind: ResourceKind,
      object: KubernetesObject & { readonly status: object },
      _fieldManager: string,
      signal: AbortSignal,
    ) {
      const key = objectKey(object);
      const fault = await called({ call: 'applyStatus', kind, key, body: object }, signal);
      const present = objects.get(`${kind.kind} ${key}`);
      if (!present) throw apiError(404);
      if (present.metadata.resourceVersion !== object.metadata.resourceVersion) throw apiError(409);
      if (JSON.stringify(present.status) === JSON.stringify(object.status)) return answer<T>(fault, present);
      return answer<T>(fault, store({ ...present, status: object.status }, present.metadata.uid));
    },
    async create(kind, object, signal) {
      const key = objectKey(object);
      const fault = await called({ call: 'create', kind, key, body: object }, signal);
      if (objects.has(`${kind.kind} ${key}`)) throw apiError(409);
      uids += 1;
      return answer(fault, store(object, `uid-${uids}`));
    },
    async update(kind, object, signal) {
      const key = objectKey(object);
      const fault = await called({ call: 'update', kind, key, body: object }, signal);
      const present = objects.get(`${kind.kind} ${key}`);
      if (!present) throw apiError(404);
      if (present.metadata.resourceVersion !== object.metadata.resourceVersion) throw apiError(409);
      return answer(fault, store(object, present.metadata.uid));
    },
    async patch(kind, namespace, name, patch, signal) {
      const key = `${namespace}/${name}`;
      const fault = await called({ call: 'patch', kind, key, body: patch }, signal);
      const present = objects.get(`${kind.kind} ${key}`);
      if (!present) throw apiError(404);
      return answer(fault, store({ ...present, ...patch }, present.metadata.uid));
    },
    put(object) {
      const known = objects.get(`${object.kind} ${objectKey(object)}`);
      if (!known) uids += 1;
      return store(object, object.metadata.uid ?? known?.metadata.uid ?? `uid-${uids}`);
    },
    remove,
    read: <T extends KubernetesObject>(kind: string, key: string) =>
      objects.get(`${kind} ${key}`) as T | undefined,
    all: <T extends KubernetesObject>(kind: string) =>
      [...objects.values()].filter((object) => object.kind === kind) as unknown as readonly T[],
    fail(call, error, { times = 1, after = false } = {}) {
      const added = Array.from({ length: times }, () => ({ error, after }));
      faults.set(call, [...(faults.get(call) ?? []), ...added]);
    },
    failNth(call, count, error, { after = false } = {}) {
      const spared = Array.from({ length: count - 1 }, () => undefined);
      faults.set(call, [...(faults.get(call) ?? []), ...spared, { error, after }]);
    },
    hang(call) {
      faults.set(call, [...(faults.get(call) ?? []), { error: undefined, after: false }]);
    },
    endWatches(error) {
      for (const watch of watches) {
        watch.end = { error };
        watch.wake();
      }
    },
    send(event) {
      for (const watch of watches) deliver(watch, event);
    },
    compact() {
      log = [];
      compactedAt = version;
    },
    get openWatches() {
      return watches.size;
    },
    get version() {
      return version;
    },
  };
}

/** The error that the real client throws for an answer of this status, or for none. */
export function apiError(
  status: number | undefined,
  options: { readonly mayHaveTakenEffect?: boolean } = {},
) {
  const code =
    status === 409
      ? 'Conflict'
      : status === 404
        ? 'ObjectGone'
        : status === undefined || status === 429 || status >= 500
          ? 'ApiServerUnavailable'
          : 'ApiServerRefused';
  return new ApiError(code, `the API server answered ${status}`, {
    mayHaveTakenEffect: options.mayHaveTakenEffect ?? false,
    ...(status === undefined ? {} : { status }),
  });
}

function isOf(kind: ResourceKind, event: WatchEvent<KubernetesObject>): boolean {
  return event.type !== 'Bookmark' && event.object.kind === kind.kind;
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
