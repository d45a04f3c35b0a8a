import type { Clock } from '../lib/clock.ts';
import { messageOf, OperatorError } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import type { ApiClient } from './api-client.ts';
import { type NamespacedName, objectKey } from './kubernetes-object.ts';
import { type Attempt, createLeaseRecord, type Moment } from './lease-record.ts';
import { checkLeaseTiming, type LeaseTiming, RETRY_JITTER } from './lease-timing.ts';
import { createWatchdog } from './watchdog.ts';

/**
 * Lets one of several processes act, by a Lease as client-go's leader election does. It does not fence: a process that was
 * paused may go on for a moment after another took over, so each act that must not happen twice asks `isCertain` right before.
 */
export interface LeaderElector {
  /** Of this process alone. */
  readonly identity: string;
  /** Once. Resolves when this process leads; from then on the lease is renewed. Rejects with the signal's reason. */
  acquire(signal: AbortSignal): Promise<void>;
  /** Aborted when the lease is lost, with `LeadershipLost` as its reason: the process has to end. Not by `release`. */
  readonly lost: AbortSignal;
  /**
   * Whether the lease was renewed within the renew deadline, so that nobody else can have taken it yet. Measured on the
   * monotonic clock, and on the wall's too, which may know of a machine's sleep: the shorter trust counts.
   */
  isCertain(): boolean;
  /** How long ago the lease was renewed; undefined while this process does not lead. */
  renewalAgeMs(): number | undefined;
  /**
   * Stops renewing and gives the lease back if it is ours. Only when nothing that it protects runs any more; a waiting
   * `acquire` must have been aborted before. Never rejects: what cannot be given back runs out by itself.
   */
  release(): Promise<void>;
}

export interface LeaderObserver {
  leadershipChanged(leads: boolean): void;
}

export interface LeaderElectorOptions {
  readonly client: ApiClient;
  readonly lease: NamespacedName;
  readonly identity: string;
  readonly timing: LeaseTiming;
  readonly clock: Clock;
  /** From 0 to below 1. */
  readonly random: () => number;
  readonly logger: Logger;
  readonly observer?: LeaderObserver;
}

const RELEASE_MS = 3_000;

/** @throws OperatorError Usage when the times do not fit together */
export function createLeaderElector(options: LeaderElectorOptions): LeaderElector {
  const { client, identity, timing, clock, random, observer } = options;
  const { leaseDurationMs, renewDeadlineMs, retryPeriodMs } = timing;
  checkLeaseTiming(timing);
  const key = objectKey({ metadata: options.lease });
  const logger = options.logger.child({ lease: key });
  const record = createLeaseRecord({
    client,
    lease: options.lease,
    identity,
    leaseDurationMs,
    // So that a request without an answer leaves time for another.
    requestTimeoutMs: Math.max(1_000, renewDeadlineMs / 2),
    clock,
  });
  const lost = new AbortController();
  const stopping = new AbortController();
  let renewedAt: Moment | undefined;
  let isLeading = false;
  let tried = false;
  let renewing: Promise<void> | undefined;

  function lead(leads: boolean): void {
    if (isLeading === leads) return;
    isLeading = leads;
    observer?.leadershipChanged(leads);
  }

  async function renewOnce(signal: AbortSignal): Promise<Attempt['kind'] | 'Failed'> {
    try {
      const attempt = await record.attempt(signal, { keepOnly: true });
      if (attempt.kind === 'Held') renewedAt = attempt.writtenAt;
      if (attempt.kind === 'HeldByOther') lose(`it is held by ${attempt.holder ?? 'nobody'}`);
      return attempt.kind;
    } catch (error) {
      signal.throwIfAborted();
      logger.warn({ error: messageOf(error) }, 'Could not renew the lease');
      return 'Failed';
    }
  }

  /** Tries until the lease is renewed or known to be lost; rejects when the deadline or a stop comes first. */
  async function renew(signal: AbortSignal): Promise<void> {
    for (;;) {
      const outcome = await renewOnce(signal);
      if (outcome === 'Held' || outcome === 'HeldByOther') return;
      await clock.sleep(retryPeriodMs, signal);
    }
  }

  async function renewByDeadline(): Promise<void> {
    const deadline = createWatchdog(clock, renewDeadlineMs, stopping.signal);
    try {
      await renew(deadline.signal);
    } catch (error) {
      if (!deadline.expired()) throw error;
      lose(`it could not be renewed within ${renewDeadlineMs / 1_000} s`);
    } finally {
      deadline.release();
    }
  }

  async function keepRenewing(): Promise<void> {
    while (isLeading) {
      await clock.sleep(retryPeriodMs, stopping.signal);
      await renewByDeadline();
    }
  }

  function lose(why: string): void {
    lead(false);
    renewedAt = undefined;
    const message = `Lost the lease ${key}: ${why}. Another operator may lead now, so this one must end.`;
    lost.abort(new OperatorError('LeadershipLost', message));
  }

  async function tryToAcquire(signal: AbortSignal): Promise<Attempt | undefined> {
    try {
      return await record.attempt(signal, { keepOnly: false });
    } catch (error) {
      signal.throwIfAborted();
      logger.warn({ error: messageOf(error) }, 'Could not ask for the lease');
      return undefined;
    }
  }

  return {
    identity,
    lost: lost.signal,
    async acquire(signal) {
      let holder: string | undefined;
      for (;;) {
        signal.throwIfAborted();
        tried = true;
        const attempt = await tryToAcquire(signal);
        if (attempt?.kind === 'Held') {
          renewedAt = attempt.writtenAt;
          break;
        }
        if (attempt?.kind === 'HeldByOther' && attempt.holder !== holder) {
          holder = attempt.holder;
          logger.info({ holder }, 'Waiting for the lease');
        }
        await clock.sleep(retryPeriodMs * (1 + RETRY_JITTER * random()), signal);
      }
      lead(true);
      logger.info({ identity }, 'Acquired the lease');
      renewing = keepRenewing().catch(() => undefined);
    },
    isCertain() {
      if (!isLeading || !renewedAt) return false;
      const elapsed = clock.monotonic() - renewedAt.monotonic;
      return elapsed < renewDeadlineMs && clock.now() - renewedAt.wall < renewDeadlineMs;
    },
    renewalAgeMs: () => (renewedAt ? clock.monotonic() - renewedAt.monotonic : undefined),
    async release() {
      const wasLost = lost.signal.aborted;
      stopping.abort(new Error('the lease is being given back'));
      await renewing;
      lead(false);
      renewedAt = undefined;
      if (!tried || wasLost) return;
      const bound = createWatchdog(clock, RELEASE_MS, new AbortController().signal);
      try {
        // Also after an attempt that was cut short, which may have been carried out.
        await record.release(bound.signal);
        logger.info({}, 'Released the lease');
      } catch (error) {
        logger.warn({ error: messageOf(error) }, 'Could not release the lease');
      } finally {
        bound.release();
      }
    },
  };
}
