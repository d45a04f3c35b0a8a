/** Where time comes from. Everything that waits or reads the time takes a `Clock`, so that tests never sleep. */
export interface Clock {
  /** Wall clock, milliseconds since the epoch. May jump. */
  now(): number;
  /** Milliseconds from an arbitrary start. Never goes backwards; the only measure for elapsed time. */
  monotonic(): number;
  /** Resolves after `milliseconds`; rejects with the signal's reason when it is aborted first. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

// Node fires a timer of more than 2^31-1 ms at once, so longer sleeps are slept in pieces.
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  async sleep(milliseconds, signal) {
    let remaining = Math.max(0, milliseconds);
    do {
      const piece = Math.min(remaining, LONGEST_TIMER_MS);
      await sleepOnce(piece, signal);
      remaining -= piece;
    } while (remaining > 0);
  },
};

/** A clock that runs `speed` times faster than `base`, starting at the base's present. */
export function scaledClock(base: Clock, speed: number): Clock {
  const wallStart = base.now();
  const monotonicStart = base.monotonic();
  const elapsed = () => (base.monotonic() - monotonicStart) * speed;
  return {
    now: () => wallStart + elapsed(),
    monotonic: elapsed,
    sleep: (milliseconds, signal) => base.sleep(milliseconds / speed, signal),
  };
}

function sleepOnce(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, milliseconds);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
