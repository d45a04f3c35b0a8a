import { type Clock, scaledClock, systemClock } from '../../src/lib/clock.ts';

/** A clock for simulated clusters: faster than the wall's, and a test can skip time in which nothing it waits for happens. */
export interface LeapingClock extends Clock {
  /** Moves time forward at once. Sleepers are not woken early, they have slept less than they asked for. */
  leap(milliseconds: number): void;
}

export function createLeapingClock(speed: number): LeapingClock {
  const base = scaledClock(systemClock, speed);
  let leapt = 0;
  return {
    now: () => base.now() + leapt,
    monotonic: () => base.monotonic() + leapt,
    sleep: base.sleep,
    leap(milliseconds) {
      leapt += milliseconds;
    },
  };
}
