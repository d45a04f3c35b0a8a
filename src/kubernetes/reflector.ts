import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { ApiClient } from './api-client.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import type { ResourceKind } from './resource-kind.ts';

export type ObjectChange<T> =
  | { readonly kind: 'Added'; readonly object: T }
  | { readonly kind: 'Updated'; readonly object: T; readonly previous: T }
  | { readonly kind: 'Deleted'; readonly object: T };

export interface Reflector<T extends KubernetesObject> {
  start(signal: AbortSignal): void;
  /** Whether everything that existed at some moment since the start was delivered. Stays true through outages. */
  hasSynced(): boolean;
  waitForSync(signal: AbortSignal): Promise<void>;
  /** By `namespace/name`. As old as the last event: act on it only with a `resourceVersion` precondition. */
  get(key: string): T | undefined;
  list(): readonly T[];
  /** What is there already is delivered at once as Added. */
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

export declare function createReflector<T extends KubernetesObject>(options: ReflectorOptions): Reflector<T>;
