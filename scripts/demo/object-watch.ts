import type { ApiClient } from '../../src/kubernetes/api-client.ts';
import {
  type KubernetesObject,
  type NamespacedName,
  objectKey,
} from '../../src/kubernetes/kubernetes-object.ts';
import { createReflector } from '../../src/kubernetes/reflector.ts';
import type { ResourceKind } from '../../src/kubernetes/resource-kind.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLogger } from '../../src/lib/logger.ts';

/** One object of the API server, followed as `kubectl get --watch` follows it. */
export interface ObjectWatch<T> {
  /** As last heard of. */
  current(): T | undefined;
  onChange(handler: (object: T) => void): void;
  /** Resolves with the object once it meets the condition, at once where it does; rejects with the signal's reason. */
  until(condition: (object: T) => boolean, signal: AbortSignal): Promise<T>;
}

export function watchObject<T extends KubernetesObject>(
  client: ApiClient,
  kind: ResourceKind,
  { namespace, name }: NamespacedName,
  signal: AbortSignal,
): ObjectWatch<T> {
  const reflector = createReflector<T>({
    client,
    kind,
    namespace,
    clock: systemClock,
    logger: silentLogger,
  });
  const handlers = new Set<(object: T) => void>();
  reflector.onChange(({ object }) => {
    if (object.metadata.name !== name) return;
    for (const handler of handlers) handler(object);
  });
  reflector.start(signal);
  const current = () => reflector.get(objectKey({ metadata: { namespace, name } }));

  return {
    current,
    onChange: (handler) => handlers.add(handler),
    until(condition, waiting) {
      return new Promise((resolve, reject) => {
        function end(): void {
          handlers.delete(check);
          waiting.removeEventListener('abort', abort);
        }
        function check(object: T): void {
          try {
            if (!condition(object)) return;
            resolve(object);
          } catch (error) {
            reject(error);
          }
          end();
        }
        function abort(): void {
          end();
          reject(waiting.reason);
        }
        handlers.add(check);
        waiting.addEventListener('abort', abort, { once: true });
        const known = current();
        if (waiting.aborted) abort();
        else if (known) check(known);
      });
    },
  };
}
