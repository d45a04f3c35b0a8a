/** A pseudo-random number from 0 to 1, the same sequence each time: plans must not differ from run to run. */
export type Random = () => number;

/** mulberry32, with a fixed seed. */
export function createRandom(): Random {
  let state = 0x9e3779b9;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A whole number from 0 to below `count`. */
export function randomBelow(count: number, random: Random): number {
  return Math.min(count - 1, Math.floor(random() * count));
}
