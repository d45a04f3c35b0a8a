import type { Clock } from '../lib/clock.ts';
import type { ApiClient } from './api-client.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import type { ResourceKind } from './resource-kind.ts';

export interface StatusWrite<T extends KubernetesObject> {
  readonly client: ApiClient;
  readonly kind: ResourceKind;
  /** The object that the status was computed from; its `resourceVersion` is the write's condition. */
  readonly object: T;
  /** The whole of it: what is left out is removed. */
  readonly status: object;
  readonly fieldManager: string;
  readonly signal: AbortSignal;
}

/**
 * One forced server-side apply of the whole status.
 *
 * @throws ApiError Conflict: the object changed, nothing was written. ObjectGone. ApiServerRefused.
 *   ApiServerUnavailable: with `mayHaveTakenEffect` only reading the object back tells whether it was written.
 */
export declare function writeStatus<T extends KubernetesObject>(write: StatusWrite<T>): Promise<T>;

/** Whether two statuses would be stored alike: an undefined field is an absent one, the order of fields is nothing. */
export declare function statusEquals(left: object | undefined, right: object | undefined): boolean;

export interface StatusChange<T extends KubernetesObject> {
  readonly client: ApiClient;
  readonly kind: ResourceKind;
  /** Which object: its name and `uid` count, its age does not. */
  readonly object: T;
  /** The new status for the object as it is now; undefined when there is nothing (more) to store. May be called often. */
  readonly change: (current: T) => object | undefined;
  readonly fieldManager: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly random?: () => number;
}

/**
 * Reads the object from the API server, applies the change, writes; again after conflicts and through outages, until it is
 * stored. Gives the object with the change, or undefined when the object is gone or another one has its name.
 *
 * @throws ApiError ApiServerRefused: this status will not be taken however often it is sent. The signal's reason when aborted.
 */
export declare function persistStatusChange<T extends KubernetesObject>(
  change: StatusChange<T>,
): Promise<T | undefined>;
