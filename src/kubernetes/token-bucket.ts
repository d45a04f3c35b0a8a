import type { Clock } from '../lib/clock.ts';

/** A budget of `burst` at once that grows back by one every `refillMs`. */
export interface TokenBucket {
  /** Whether there was one to take. */
  take(): boolean;
  isFull(): boolean;
}

export function createTokenBucket(clock: Clock, burst: number, refillMs: number): TokenBucket {
  let tokens = burst;
  let countedAt = clock.monotonic();

  function refill(): void {
    const present = clock.monotonic();
    tokens = Math.min(burst, tokens + (present - countedAt) / refillMs);
    countedAt = present;
  }

  return {
    take() {
      refill();
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
    isFull() {
      refill();
      return tokens >= burst;
    },
  };
}
