import { randomUUID } from 'node:crypto';
import { exponentialBackoff } from '../lib/backoff.ts';
import type { Clock } from '../lib/clock.ts';
import { isOperatorError, messageOf } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import type { ApiClient } from './api-client.ts';
import { EVENT_KIND, eventObject, type ObjectEvent } from './event-object.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import { microTime } from './micro-time.ts';
import { createTokenBucket, type TokenBucket } from './token-bucket.ts';

export type { ObjectEvent } from './event-object.ts';

export interface EventRecorder {
  /** Returns at once and never throws. Best effort: an event may be dropped, so nothing may rest on it. */
  record(object: KubernetesObject, event: ObjectEvent): void;
  /** Takes nothing more, sends what is queued for at most `milliseconds`. */
  stop(milliseconds: number): Promise<void>;
}

export interface EventRecorderOptions {
  readonly client: ApiClient;
  /** Who reports, as a qualified name: `pve-cslb.io/operator`. */
  readonly component: string;
  /** Which of its processes: the pod's name. */
  readonly instance: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Identical events, which the API server keeps as one Event with a count. */
interface Series {
  readonly object: KubernetesObject;
  readonly event: ObjectEvent;
  suffix: string;
  firstSeen: number;
  lastSeen: number;
  count: number;
  stored: boolean;
  queued: boolean;
}

// What is said again after this long is news.
const SERIES_WINDOW_MS = 600_000;
const BURST_PER_OBJECT = 25;
const REFILL_MS = 5_000;
// Bounds of memory while the API server is away.
const LONGEST_QUEUE = 500;
const MOST_SERIES = 1_000;
const ATTEMPTS = 10;
const BACKOFF_MS = { base: 1_000, cap: 30_000 } as const;

/**
 * Events of `events.k8s.io/v1`, which `kubectl describe` and `kubectl get events` show with age and count. They are sent one by
 * one in the background; identical ones are counted in one Event, and each object has a budget beyond which its events are dropped.
 */
export function createEventRecorder({
  client,
  component,
  instance,
  clock,
  logger,
}: EventRecorderOptions): EventRecorder {
  // By what makes events identical; the one that was seen last comes last.
  const seriesByKey = new Map<string, Series>();
  const budgets = new Map<string, TokenBucket>();
  const queue: Series[] = [];
  const stopping = new AbortController();
  let stopped = false;
  // Set while the queue is being sent.
  let sending: Promise<void> | undefined;

  function observe(object: KubernetesObject, event: ObjectEvent): Series {
    const key = JSON.stringify([object.metadata.uid, event.type, event.reason, event.action, event.message]);
    const present = clock.now();
    const known = seriesByKey.get(key);
    const isSeries = known && Math.abs(present - known.lastSeen) <= SERIES_WINDOW_MS;
    const series = isSeries ? known : newSeries(object, event, present);
    series.count += 1;
    series.lastSeen = present;
    seriesByKey.delete(key);
    seriesByKey.set(key, series);
    for (const oldest of seriesByKey.keys()) {
      if (seriesByKey.size <= MOST_SERIES) break;
      seriesByKey.delete(oldest);
    }
    return series;
  }

  function hasBudget(uid: string): boolean {
    let budget = budgets.get(uid);
    if (!budget) {
      // A full one is as good as none.
      for (const [other, candidate] of budgets) if (candidate.isFull()) budgets.delete(other);
      budget = createTokenBucket(clock, BURST_PER_OBJECT, REFILL_MS);
      budgets.set(uid, budget);
    }
    return budget.take();
  }

  async function send(series: Series): Promise<void> {
    if (series.stored) {
      const { namespace, name } = body(series).metadata;
      await client.patch(EVENT_KIND, namespace, name, { series: counted(series) }, stopping.signal);
    } else {
      await client.create(EVENT_KIND, body(series), stopping.signal);
      series.stored = true;
    }
  }

  function body(series: Series) {
    const { object, event, suffix, firstSeen: time, count } = series;
    return eventObject(
      { object, component, instance, suffix, time },
      event,
      count > 1 ? counted(series) : undefined,
    );
  }

  async function sendUntilSettled(series: Series): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      try {
        await send(series);
        return;
      } catch (error) {
        stopping.signal.throwIfAborted();
        if (isOperatorError(error, 'Conflict') && !series.stored) {
          // Our own name: an earlier attempt was carried out and its answer lost.
          series.stored = true;
          return;
        }
        if (isOperatorError(error, 'ObjectGone') && series.stored) {
          // Events live for an hour: begin a new one.
          Object.assign(series, { suffix: newSuffix(), firstSeen: series.lastSeen, count: 1, stored: false });
          continue;
        }
        if (!isOperatorError(error, 'ApiServerUnavailable')) throw error;
      }
      await clock.sleep(exponentialBackoff(attempt, BACKOFF_MS.base, BACKOFF_MS.cap), stopping.signal);
    }
    throw new Error(`still not stored after ${ATTEMPTS} attempts`);
  }

  async function sendQueue(): Promise<void> {
    for (let series = queue.shift(); series; series = queue.shift()) {
      series.queued = false;
      try {
        await sendUntilSettled(series);
      } catch (error) {
        if (stopping.signal.aborted) break;
        logger.warn({ ...fieldsOf(series), error: messageOf(error) }, 'Event was not stored');
      }
    }
    // In one step with finding the queue empty, so that nothing queued from here on waits for a sender that has gone.
    sending = undefined;
  }

  function enqueue(series: Series): void {
    if (series.queued) return;
    if (queue.length >= LONGEST_QUEUE || !hasBudget(series.object.metadata.uid)) {
      logger.debug(fieldsOf(series), 'Dropped an event, there are too many');
      return;
    }
    series.queued = true;
    queue.push(series);
    sending ??= sendQueue();
  }

  return {
    record(object, event) {
      if (stopped) return;
      enqueue(observe(object, event));
    },
    async stop(milliseconds) {
      stopped = true;
      const bound = clock.sleep(milliseconds, stopping.signal).catch(() => undefined);
      await Promise.race([sending, bound]);
      stopping.abort(new Error('the event recorder was stopped'));
      await sending;
      if (queue.length > 0) logger.warn({ events: queue.length }, 'Dropped events at the stop');
    },
  };
}

function newSeries(object: KubernetesObject, event: ObjectEvent, present: number): Series {
  return {
    object,
    event,
    suffix: newSuffix(),
    firstSeen: present,
    lastSeen: present,
    count: 0,
    stored: false,
    queued: false,
  };
}

function newSuffix(): string {
  return randomUUID().replaceAll('-', '').slice(0, 16);
}

function counted(series: Series) {
  return { count: series.count, lastObservedTime: microTime(series.lastSeen) };
}

function fieldsOf({ object, event }: Series) {
  return { kind: object.kind, object: object.metadata.name, reason: event.reason };
}
