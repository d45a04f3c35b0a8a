import type { Clock } from '../../src/lib/clock.ts';

/** A process's view of a clock: while it is paused (SIGSTOP) time goes on, but none of its timers fire. */
export interface PausableClock extends Clock {
  pause(): void;
  /** Whoever was due meanwhile wakes up late, in the order in which they were due. */
  resume(): void;
  /** Sets the wall clock forward or back; elapsed time does not notice. */
  leapWall(milliseconds: number): void;
}

export function createPausableClock(clock: Clock): PausableClock {
  let offset = 0;
  // Set while it is paused.
  let resumed: PromiseWithResolvers<void> | undefined;
  return {
    now: () => clock.now() + offset,
    monotonic: () => clock.monotonic(),
    async sleep(milliseconds, signal) {
      await clock.sleep(milliseconds, signal);
      await resumed?.promise;
      signal?.throwIfAborted();
    },
    pause() {
      resumed ??= Promise.withResolvers<void>();
    },
    resume() {
      resumed?.resolve();
      resumed = undefined;
    },
    leapWall(milliseconds) {
      offset += milliseconds;
    },
  };
}
