import type { ApiClient } from '../kubernetes/api-client.ts';
import type { KubernetesObject } from '../kubernetes/kubernetes-object.ts';
import { createReflector, type ObjectChange } from '../kubernetes/reflector.ts';
import type { ResourceKind } from '../kubernetes/resource-kind.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';

/** The objects of one kind in the watched namespaces. As old as the last event. */
export interface ObjectCache<T extends KubernetesObject> {
  start(signal: AbortSignal): void;
  waitForSync(signal: AbortSignal): Promise<void>;
  /** Why the copy cannot be relied on; undefined when it can, though it may be as old as an outage. */
  problem(): string | undefined;
  get(key: string): T | undefined;
  list(): readonly T[];
  onChange(handler: (change: ObjectChange<T>) => void): void;
}

export interface ObjectCacheOptions {
  readonly client: ApiClient;
  readonly kind: ResourceKind;
  /** All when empty. */
  readonly namespaces: readonly string[];
  readonly clock: Clock;
  /** From 0 to below 1. */
  readonly random: () => number;
  readonly logger: Logger;
}

export function createObjectCache<T extends KubernetesObject>(options: ObjectCacheOptions): ObjectCache<T> {
  const { namespaces, ...rest } = options;
  const reflectors =
    namespaces.length === 0
      ? [createReflector<T>(rest)]
      : namespaces.map((namespace) => createReflector<T>({ ...rest, namespace }));
  return {
    start: (signal) => {
      for (const reflector of reflectors) reflector.start(signal);
    },
    async waitForSync(signal) {
      await Promise.all(reflectors.map((reflector) => reflector.waitForSync(signal)));
    },
    problem() {
      if (!reflectors.every((reflector) => reflector.isServed())) {
        return `the API server does not serve ${rest.kind.plural}; is the CustomResourceDefinition installed?`;
      }
      return reflectors.every((reflector) => reflector.hasSynced()) ? undefined : 'not synced yet';
    },
    get: (key) => reflectors.map((reflector) => reflector.get(key)).find((object) => object !== undefined),
    list: () => reflectors.flatMap((reflector) => reflector.list()),
    onChange: (handler) => {
      for (const reflector of reflectors) reflector.onChange(handler);
    },
  };
}
