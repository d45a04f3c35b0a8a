import { isDeepStrictEqual } from 'node:util';
import { exponentialBackoff, withJitter } from '../lib/backoff.ts';
import type { Clock } from '../lib/clock.ts';
import { isOperatorError, messageOf } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import type { ApiClient } from './api-client.ts';
import { ApiError } from './api-error.ts';
import { type KubernetesObject, objectKey } from './kubernetes-object.ts';
import type { ResourceKind } from './resource-kind.ts';

export interface StatusWrite<T extends KubernetesObject> {
  readonly client: ApiClient;
  readonly kind: ResourceKind;
  /** The object that the status was computed from; its `resourceVersion` is the write's condition. */
  readonly object: T;
  /** The whole of it: what the field manager once set and is left out here is removed. */
  readonly status: object;
  readonly fieldManager: string;
  readonly signal: AbortSignal;
}

/**
 * One forced server-side apply of the whole status. One that changes nothing keeps the `resourceVersion`.
 *
 * @throws ApiError Conflict: the object changed, nothing was written. ObjectGone. ApiServerRefused.
 *   ApiServerUnavailable: with `mayHaveTakenEffect` only reading the object back tells whether it was written.
 */
export async function writeStatus<T extends KubernetesObject>({
  client,
  kind,
  object,
  status,
  fieldManager,
  signal,
}: StatusWrite<T>): Promise<T> {
  const { name, namespace, uid, resourceVersion } = object.metadata;
  // The resourceVersion alone guards the write. An empty one would be no condition at all, and erase what others wrote.
  if (resourceVersion === '')
    throw new TypeError(`${kind.kind} ${namespace}/${name} must have a resourceVersion`);
  const body = {
    apiVersion: kind.apiVersion,
    kind: kind.kind,
    metadata: { name, namespace, uid, resourceVersion },
    status,
  };
  return await client.applyStatus<T>(kind, body, fieldManager, signal);
}

/** Whether two statuses would be stored alike: an undefined field is an absent one, the order of fields is nothing. */
export function statusEquals(left: object | undefined, right: object | undefined): boolean {
  return isDeepStrictEqual(asStored(left), asStored(right));
}

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
  /** From 0 to below 1. */
  readonly random?: () => number;
  readonly logger?: Logger;
}

const BACKOFF_MS = { base: 200, cap: 15_000 } as const;

/**
 * Reads the object from the API server, applies the change, writes; again after conflicts and through outages, until it is
 * stored. Gives the object with the change, or undefined when the object is gone or another one has its name. Since every
 * attempt begins with a read, a write whose answer was lost is found and not repeated: `change` must be one that sees itself.
 *
 * @throws ApiError ApiServerRefused (not 401 or 403): this status will not be taken however often it is sent. The signal's reason when aborted.
 */
export async function persistStatusChange<T extends KubernetesObject>(
  options: StatusChange<T>,
): Promise<T | undefined> {
  const { kind, object, clock, signal, random = Math.random, logger } = options;
  for (let failures = 0; ; failures += 1) {
    try {
      return await tryStatusChange(options);
    } catch (error) {
      signal.throwIfAborted();
      if (!mayPass(error)) throw error;
      logger?.warn(
        { kind: kind.kind, object: objectKey(object), error: messageOf(error) },
        'Status not stored yet',
      );
    }
    const pause = exponentialBackoff(failures, BACKOFF_MS.base, BACKOFF_MS.cap);
    await clock.sleep(withJitter(pause, 0.2, random), signal);
  }
}

async function tryStatusChange<T extends KubernetesObject>(options: StatusChange<T>): Promise<T | undefined> {
  const { client, kind, object, change, fieldManager, signal } = options;
  const { namespace, name, uid } = object.metadata;
  const current = await client.get<T>(kind, namespace, name, signal);
  if (!current || current.metadata.uid !== uid) return undefined;
  const status = change(current);
  if (status === undefined || statusEquals(statusOf(current), status)) return current;
  return await writeStatus({ client, kind, object: current, status, fieldManager, signal });
}

/** Whether the same request may succeed later. */
function mayPass(error: unknown): boolean {
  if (isOperatorError(error, 'Conflict', 'ObjectGone', 'ApiServerUnavailable')) return true;
  // Rights and tokens are taken away and given back, and an API server that just started may not know them yet.
  return error instanceof ApiError && (error.status === 401 || error.status === 403);
}

function statusOf(object: KubernetesObject): object | undefined {
  if (!('status' in object)) return undefined;
  return typeof object.status === 'object' && object.status !== null ? object.status : undefined;
}

function asStored(status: object | undefined): unknown {
  return status === undefined ? undefined : JSON.parse(JSON.stringify(status));
}
