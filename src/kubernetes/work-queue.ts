import type { Clock } from '../lib/clock.ts';

export interface WorkQueue {
  add(key: string): void;
  /** Of several times asked for one key the earliest wins. */
  addAfter(key: string, milliseconds: number): void;
  /** After a pause that grows with every call until `forget`. */
  addRateLimited(key: string): void;
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

export interface WorkQueueOptions {
  readonly clock: Clock;
  readonly random?: () => number;
  readonly baseDelayMs?: number;
  readonly maxDelayMs?: number;
}

export declare function createWorkQueue(options: WorkQueueOptions): WorkQueue;
