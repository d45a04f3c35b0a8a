import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { KubernetesObject, NewKubernetesObject } from './kubernetes-object.ts';
import type { PooledKubeConfig } from './pooled-kube-config.ts';
import type { ResourceKind } from './resource-kind.ts';

/**
 * The API server. Every call but `watch` ends by itself within the deadline the client was made with. All throw `ApiError`:
 * `Conflict` (409), `ObjectGone` (404 on a write), `ApiServerRefused` (any other no, with the server's message) and
 * `ApiServerUnavailable` (no answer, timeout, 429, 5xx; see `mayHaveTakenEffect`); or the signal's reason once it is aborted.
 */
export interface ApiClient {
  /** Undefined when there is no such object. */
  get<T extends KubernetesObject>(
    kind: ResourceKind,
    namespace: string,
    name: string,
    signal: AbortSignal,
  ): Promise<T | undefined>;
  /** One page. */
  list<T extends KubernetesObject>(
    kind: ResourceKind,
    options: ListOptions,
    signal: AbortSignal,
  ): Promise<ObjectList<T>>;
  /** Ends when the server ends the stream; an ERROR event is thrown as `ApiError` with its code as `status`. */
  watch<T extends KubernetesObject>(
    kind: ResourceKind,
    options: WatchOptions,
    signal: AbortSignal,
  ): AsyncIterable<WatchEvent<T>>;
  /** A forced server-side apply of `/status`, on the condition of `metadata.resourceVersion`. */
  applyStatus<T extends KubernetesObject>(
    kind: ResourceKind,
    object: T,
    fieldManager: string,
    signal: AbortSignal,
  ): Promise<T>;
  create<T extends NewKubernetesObject>(
    kind: ResourceKind,
    object: T,
    signal: AbortSignal,
  ): Promise<T & KubernetesObject>;
  /** A JSON merge patch; conditional when it holds `metadata.resourceVersion`. */
  patch<T extends KubernetesObject>(
    kind: ResourceKind,
    namespace: string,
    name: string,
    patch: object,
    signal: AbortSignal,
  ): Promise<T>;
}

export interface ListOptions {
  /** All namespaces when absent. */
  readonly namespace?: string;
  readonly limit?: number;
  /** From the page before. */
  readonly continue?: string;
  readonly resourceVersion?: string;
}

export interface ObjectList<T> {
  readonly items: readonly T[];
  readonly resourceVersion: string;
  /** There are more; ask with it. */
  readonly continue?: string;
}

export interface WatchOptions {
  readonly namespace?: string;
  readonly resourceVersion: string;
  /** After which the server ends the stream. */
  readonly timeoutSeconds: number;
  /** Without a byte for this long the connection counts as dead. Must exceed the minute between two bookmarks. */
  readonly inactivityMs: number;
}

export type WatchEvent<T> =
  | { readonly type: 'Added' | 'Modified' | 'Deleted'; readonly object: T }
  | { readonly type: 'Bookmark'; readonly resourceVersion: string };

export interface ApiClientOptions {
  readonly kubeConfig: PooledKubeConfig;
  readonly userAgent: string;
  readonly requestTimeoutMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

export declare function createApiClient(options: ApiClientOptions): ApiClient;
