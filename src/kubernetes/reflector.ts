import { exponentialBackoff, withJitter } from '../lib/backoff.ts';
import type { Clock } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import type { ApiClient, ObjectList, WatchEvent } from './api-client.ts';
import { ApiError, isExpired } from './api-error.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import { createObjectStore, laterVersion, type ObjectChange } from './object-store.ts';
import type { ResourceKind } from './resource-kind.ts';

export type { ObjectChange } from './object-store.ts';

export interface Reflector<T extends KubernetesObject> {
  /** Once. After the signal is aborted nothing more is asked or delivered; what is known stays readable. */
  start(signal: AbortSignal): void;
  /** Whether everything that existed at some moment since the start was delivered. Stays true through outages. */
  hasSynced(): boolean;
  /** Whether the API server knows the kind, as far as it has said; false while it answers 404. */
  isServed(): boolean;
  /** Rejects with the signal's reason when it, or that of `start`, is aborted first. */
  waitForSync(signal: AbortSignal): Promise<void>;
  /** By `namespace/name`. As old as the last event: act on it only with a `resourceVersion` precondition. */
  get(key: string): T | undefined;
  list(): readonly T[];
  /** What is there already is delivered at once as Added. What a handler throws is logged and goes no further. */
  onChange(handler: (change: ObjectChange<T>) => void): void;
}

export interface ReflectorOptions {
  readonly client: ApiClient;
  readonly kind: ResourceKind;
  /** All namespaces when absent. */
  readonly namespace?: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** From 0 to below 1. */
  readonly random?: () => number;
}

const PAGE_SIZE = 500;
const WATCH_SECONDS = { least: 300, most: 600 } as const;
// Bookmarks come about once a minute, so a longer silence is a dead connection.
const INACTIVITY_MS = 90_000;
const BACKOFF_MS = { base: 800, cap: 30_000 } as const;
// A watch that held this long was healthy: the pause after it starts from the bottom again.
const HEALTHY_MS = 10_000;

/**
 * Keeps a local copy of all objects of a kind: lists, then watches from the list's version, for ever. It outlives whatever
 * happens to the API server or the way to it: faults are logged and tried again with a growing pause, from the last version
 * seen, or from a new list when that version is too old (410). Changes are delivered in order, each state at most once; states
 * may be skipped, so a handler must not count on seeing each.
 */
export function createReflector<T extends KubernetesObject>({
  client,
  kind,
  namespace,
  clock,
  logger,
  random = Math.random,
}: ReflectorOptions): Reflector<T> {
  const store = createObjectStore<T>();
  const handlers: ((change: ObjectChange<T>) => void)[] = [];
  const synced = Promise.withResolvers<void>();
  // Nobody may be waiting for it when it rejects.
  synced.promise.catch(() => undefined);
  const scope = namespace === undefined ? {} : { namespace };
  const fields = { kind: kind.kind, ...scope };
  let started = false;
  let hasSynced = false;
  let isServed = true;
  // From where the watch goes on. Undefined: a list is due. Invariant: never goes back but by a new list.
  let version: string | undefined;

  function handle(handler: (change: ObjectChange<T>) => void, change: ObjectChange<T>): void {
    try {
      handler(change);
    } catch (error) {
      logger.error(
        { ...fields, object: change.object.metadata.name, err: error },
        'Handler of a change failed',
      );
    }
  }

  function deliver(changes: readonly ObjectChange<T>[]): void {
    for (const change of changes) {
      for (const handler of handlers) handle(handler, change);
    }
  }

  async function listAll(signal: AbortSignal): Promise<string> {
    const objects: T[] = [];
    let next: string | undefined;
    for (;;) {
      // No resourceVersion: read from etcd, not from a cache that may be older than what we already saw.
      const page: ObjectList<T> = await client.list<T>(
        kind,
        { ...scope, limit: PAGE_SIZE, ...(next === undefined ? {} : { continue: next }) },
        signal,
      );
      signal.throwIfAborted();
      objects.push(...page.items);
      if (page.continue === undefined) {
        deliver(store.replace(objects));
        return page.resourceVersion;
      }
      next = page.continue;
    }
  }

  function apply(event: WatchEvent<T>): string {
    switch (event.type) {
      case 'Added':
      case 'Modified':
        deliver(store.set(event.object));
        return event.object.metadata.resourceVersion;
      case 'Deleted':
        deliver(store.remove(event.object));
        return event.object.metadata.resourceVersion;
      case 'Bookmark':
        return event.resourceVersion;
    }
  }

  async function watchFrom(from: string, signal: AbortSignal): Promise<void> {
    const { least, most } = WATCH_SECONDS;
    // At random, so that the watches of many clients do not all begin anew at once.
    const timeoutSeconds = Math.round(least + random() * (most - least));
    const options = { ...scope, resourceVersion: from, timeoutSeconds, inactivityMs: INACTIVITY_MS };
    for await (const event of client.watch<T>(kind, options, signal)) {
      signal.throwIfAborted();
      isServed = true;
      version = laterVersion(version ?? from, apply(event));
    }
  }

  async function listAndWatch(signal: AbortSignal): Promise<void> {
    if (version === undefined) {
      version = await listAll(signal);
      isServed = true;
      if (!hasSynced) {
        hasSynced = true;
        synced.resolve();
        logger.info({ ...fields, objects: store.list().length }, 'Synced objects');
      }
    }
    await watchFrom(version, signal);
  }

  async function attempt(signal: AbortSignal): Promise<'Ended' | 'Expired' | 'Failed'> {
    try {
      await listAndWatch(signal);
      logger.debug({ ...fields, resourceVersion: version }, 'Watch ended');
      return 'Ended';
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof ApiError && error.status === 404) isServed = false;
      if (isExpired(error)) {
        version = undefined;
        logger.info(fields, 'Version is too old to go on from, listing again');
        return 'Expired';
      }
      logger.warn({ ...fields, error: messageOf(error) }, 'Watch failed, trying again');
      return 'Failed';
    }
  }

  async function run(signal: AbortSignal): Promise<void> {
    let failures = 0;
    for (;;) {
      signal.throwIfAborted();
      const startedAt = clock.monotonic();
      const outcome = await attempt(signal);
      if (clock.monotonic() - startedAt >= HEALTHY_MS) failures = 0;
      // A stream that ended and a version that is too old are no faults, unless they come in quick succession.
      if (outcome === 'Failed' || failures > 0) {
        const pause = exponentialBackoff(failures, BACKOFF_MS.base, BACKOFF_MS.cap);
        await clock.sleep(withJitter(pause, 0.2, random), signal);
      }
      failures += 1;
    }
  }

  return {
    start(signal) {
      if (started) throw new Error(`the reflector of ${kind.kind} was already started`);
      started = true;
      run(signal).catch((error: unknown) => {
        synced.reject(error);
        if (!signal.aborted) logger.error({ ...fields, err: error }, 'Reflector ended');
      });
    },
    hasSynced: () => hasSynced,
    isServed: () => isServed,
    async waitForSync(signal) {
      signal.throwIfAborted();
      const aborted = Promise.withResolvers<never>();
      const onAbort = () => aborted.reject(signal.reason);
      signal.addEventListener('abort', onAbort, { once: true });
      try {
        await Promise.race([synced.promise, aborted.promise]);
      } finally {
        signal.removeEventListener('abort', onAbort);
      }
    },
    get: store.get,
    list: store.list,
    onChange(handler) {
      handlers.push(handler);
      for (const object of store.list()) handle(handler, { kind: 'Added', object });
    },
  };
}
