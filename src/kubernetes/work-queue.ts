import { exponentialBackoff, withJitter } from '../lib/backoff.ts';
import type { Clock } from '../lib/clock.ts';

/** Keys that want work, with the semantics of client-go's rate limiting work queue. */
export interface WorkQueue {
  add(key: string): void;
  /** Of several times asked for one key the earliest wins. An `add` before that time does not take its place. */
  addAfter(key: string, milliseconds: number): void;
  /** After a pause that grows with every call until `forget`. */
  addRateLimited(key: string): void;
  /** The key's next pause is the shortest again. Does not take it out of the queue. */
  forget(key: string): void;
  /** How often `addRateLimited` was called since the last `forget`. */
  retries(key: string): number;
  /** The next key, which is the caller's alone until `done`; undefined once shut down and drained, or when aborted. */
  next(signal: AbortSignal): Promise<string | undefined>;
  done(key: string): void;
  /** Takes nothing more, drops what waits for its time. */
  shutDown(): void;
  /** Keys that a worker could take now. */
  readonly length: number;
}

/** Told of what happens to keys, so that it can be counted and timed. */
export interface WorkQueueObserver {
  /** It wants work and did not before. */
  added(key: string): void;
  taken(key: string): void;
  done(key: string): void;
  /** It is to be tried again after a pause. */
  retried(key: string): void;
}

export interface WorkQueueOptions {
  readonly clock: Clock;
  /** From 0 to below 1. */
  readonly random?: () => number;
  readonly baseDelayMs?: number;
  readonly maxDelayMs?: number;
  readonly observer?: WorkQueueObserver;
}

interface Timer {
  readonly due: number;
  readonly controller: AbortController;
}

export function createWorkQueue({
  clock,
  random = Math.random,
  baseDelayMs = 1_000,
  maxDelayMs = 300_000,
  observer,
}: WorkQueueOptions): WorkQueue {
  // Wants work. Invariant: `ready` holds exactly the keys of `dirty` that are not in `processing`, each once. So one key is
  // never with two workers, and a key added while it is worked on is worked on once more.
  const dirty = new Set<string>();
  const processing = new Set<string>();
  const ready: string[] = [];
  // Invariant: nobody waits while a key is ready.
  const waiters: ((key: string | undefined) => void)[] = [];
  const timers = new Map<string, Timer>();
  const failures = new Map<string, number>();
  let shuttingDown = false;

  function take(): string | undefined {
    const key = ready.shift();
    if (key === undefined) return undefined;
    dirty.delete(key);
    processing.add(key);
    observer?.taken(key);
    return key;
  }

  function makeReady(key: string): void {
    ready.push(key);
    waiters.shift()?.(take());
  }

  function isDrained(): boolean {
    return shuttingDown && dirty.size === 0;
  }

  function add(key: string): void {
    if (shuttingDown || dirty.has(key)) return;
    dirty.add(key);
    observer?.added(key);
    if (!processing.has(key)) makeReady(key);
  }

  function addAfter(key: string, milliseconds: number): void {
    if (shuttingDown) return;
    if (milliseconds <= 0) {
      add(key);
      return;
    }
    const due = clock.monotonic() + milliseconds;
    const present = timers.get(key);
    if (present && present.due <= due) return;
    present?.controller.abort();
    const timer: Timer = { due, controller: new AbortController() };
    timers.set(key, timer);
    clock.sleep(milliseconds, timer.controller.signal).then(
      () => {
        timers.delete(key);
        add(key);
      },
      () => undefined,
    );
  }

  return {
    add,
    addAfter,
    addRateLimited(key) {
      const count = failures.get(key) ?? 0;
      failures.set(key, count + 1);
      observer?.retried(key);
      // Jitter keeps keys that failed for one reason from coming back all at once.
      addAfter(key, withJitter(exponentialBackoff(count, baseDelayMs, maxDelayMs), 0.1, random));
    },
    forget: (key) => {
      failures.delete(key);
    },
    retries: (key) => failures.get(key) ?? 0,
    next(signal) {
      if (signal.aborted) return Promise.resolve(undefined);
      const key = take();
      if (key !== undefined || isDrained()) return Promise.resolve(key);
      return new Promise((resolve) => {
        const onAbort = () => {
          waiters.splice(waiters.indexOf(waiter), 1);
          resolve(undefined);
        };
        const waiter = (taken: string | undefined) => {
          signal.removeEventListener('abort', onAbort);
          resolve(taken);
        };
        signal.addEventListener('abort', onAbort, { once: true });
        waiters.push(waiter);
      });
    },
    done(key) {
      processing.delete(key);
      observer?.done(key);
      if (dirty.has(key)) makeReady(key);
      if (isDrained()) for (const waiter of waiters.splice(0)) waiter(undefined);
    },
    shutDown() {
      shuttingDown = true;
      for (const { controller } of timers.values()) controller.abort();
      timers.clear();
      if (isDrained()) for (const waiter of waiters.splice(0)) waiter(undefined);
    },
    get length() {
      return ready.length;
    },
  };
}
