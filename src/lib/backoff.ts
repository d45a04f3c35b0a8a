/** `base · 2^attempt`, at most `cap`, in milliseconds; attempt counts from 0. */
export function exponentialBackoff(attempt: number, baseMs: number, capMs: number): number {
  return Math.min(capMs, baseMs * 2 ** Math.min(attempt, 52));
}

/** Spreads `milliseconds` by ±`fraction`. `random` gives a number from 0 to below 1. */
export function withJitter(milliseconds: number, fraction: number, random: () => number): number {
  return milliseconds * (1 + fraction * (2 * random() - 1));
}
