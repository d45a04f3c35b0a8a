import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../lib/clock.ts';
import { isOperatorError } from '../lib/errors.ts';
import type { ApiClient } from './api-client.ts';
import type { NamespacedName } from './kubernetes-object.ts';
import { durationOf, heldSpec, holderOf, LEASE_KIND, type Lease, releasedSpec } from './lease.ts';
import { createWatchdog } from './watchdog.ts';

/** What an attempt to take or keep the lease came to. */
export type Attempt =
  /** `writtenAt`: a moment before the write was sent, so that the lease lasts at least from then on. */
  | { readonly kind: 'Held'; readonly writtenAt: Moment }
  /** Undefined: it was given back. */
  | { readonly kind: 'HeldByOther'; readonly holder: string | undefined }
  /** It changed between the look and the write. */
  | { readonly kind: 'Raced' };

/** One moment on both clocks. */
export interface Moment {
  readonly monotonic: number;
  /** Wall clock. */
  readonly wall: number;
}

/**
 * The Lease on the API server, and what was seen of it. Whether another's lease has run out is judged by how long this
 * process has seen it unchanged, never by the times in it: clocks differ, and jump.
 */
export interface LeaseRecord {
  /**
   * Takes the lease when it is free, or keeps it when it is ours. With `keepOnly` it is only kept, or made anew where it was
   * deleted. May throw, and the lease be written all the same.
   */
  attempt(signal: AbortSignal, options: { readonly keepOnly: boolean }): Promise<Attempt>;
  /** Gives the lease back if it is ours. */
  release(signal: AbortSignal): Promise<void>;
}

export interface LeaseRecordOptions {
  readonly client: ApiClient;
  readonly lease: NamespacedName;
  readonly identity: string;
  readonly leaseDurationMs: number;
  /** For each request. */
  readonly requestTimeoutMs: number;
  readonly clock: Clock;
}

export function createLeaseRecord(options: LeaseRecordOptions): LeaseRecord {
  const { client, identity, leaseDurationMs, clock } = options;
  const { namespace, name } = options.lease;
  let seen: { readonly lease: Lease; readonly changedAt: number } | undefined;

  async function bounded<T>(signal: AbortSignal, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const watchdog = createWatchdog(clock, options.requestTimeoutMs, signal);
    try {
      return await call(watchdog.signal);
    } finally {
      watchdog.release();
    }
  }

  function observe(lease: Lease): void {
    // Annotations and labels are no sign of life.
    const isSame = seen !== undefined && isDeepStrictEqual(seen.lease.spec, lease.spec);
    seen = { lease, changedAt: isSame && seen ? seen.changedAt : clock.monotonic() };
  }

  async function read(signal: AbortSignal): Promise<Lease | undefined> {
    const lease = await bounded(signal, (bound) => client.get<Lease>(LEASE_KIND, namespace, name, bound));
    if (lease) observe(lease);
    else seen = undefined;
    return lease;
  }

  async function write(lease: Lease | undefined, signal: AbortSignal): Promise<Attempt> {
    const writtenAt = { monotonic: clock.monotonic(), wall: clock.now() };
    const spec = heldSpec(lease?.spec, { identity, leaseDurationMs, now: writtenAt.wall });
    const stored = await bounded(signal, (bound) =>
      lease === undefined
        ? client.create(LEASE_KIND, { ...newLease(options.lease), spec }, bound)
        : client.update<Lease>(LEASE_KIND, { ...lease, spec }, bound),
    );
    observe(stored);
    return { kind: 'Held', writtenAt };
  }

  function isExpired(): boolean {
    if (!seen) return true;
    return clock.monotonic() - seen.changedAt >= durationOf(seen.lease.spec, leaseDurationMs);
  }

  async function keepUnread(signal: AbortSignal): Promise<Attempt | undefined> {
    // Ours, as far as we know: the write's condition proves that nobody else had it in between.
    if (!seen || holderOf(seen.lease.spec) !== identity) return undefined;
    try {
      return await write(seen.lease, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!isOperatorError(error, 'Conflict', 'ObjectGone')) throw error;
      return undefined;
    }
  }

  return {
    async attempt(signal, { keepOnly }) {
      const kept = await keepUnread(signal);
      if (kept) return kept;
      const lease = await read(signal);
      const holder = holderOf(lease?.spec);
      const isTaken = keepOnly ? lease !== undefined : holder !== undefined && !isExpired();
      if (holder !== identity && isTaken) return { kind: 'HeldByOther', holder };
      try {
        return await write(lease, signal);
      } catch (error) {
        signal.throwIfAborted();
        // Another was faster, or somebody edited it: the next look tells.
        if (isOperatorError(error, 'Conflict', 'ObjectGone')) return { kind: 'Raced' };
        throw error;
      }
    },
    async release(signal) {
      const lease = await read(signal);
      if (!lease || holderOf(lease.spec) !== identity) return;
      await bounded(signal, (bound) =>
        client.update<Lease>(LEASE_KIND, { ...lease, spec: releasedSpec(lease.spec, clock.now()) }, bound),
      );
    },
  };
}

function newLease({ namespace, name }: NamespacedName) {
  return {
    apiVersion: LEASE_KIND.apiVersion,
    kind: LEASE_KIND.kind,
    metadata: { namespace, name },
  };
}
