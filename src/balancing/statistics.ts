export function mean(values: readonly number[]): number {
  if (values.length === 0) return 0;
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * The sample standard deviation (divided by n − 1) of whole numbers, correctly rounded; 0 for fewer than two.
 * Python's `statistics.stdev` is exact as well: anything less can decide a tie with the tolerance differently.
 */
export function sampleDeviation(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const count = BigInt(values.length);
  let sum = 0n;
  let squares = 0n;
  for (const value of values) {
    const whole = BigInt(value);
    sum += whole;
    squares += whole * whole;
  }
  return squareRootOfFraction(count * squares - sum * sum, count * (count - 1n));
}

// Fraction bits of the root: a double has 53, the rest shows which way it rounds.
const FRACTION_BITS = 128n;

/** The double nearest to √(numerator / denominator). */
function squareRootOfFraction(numerator: bigint, denominator: bigint): number {
  const scaled = (numerator << (2n * FRACTION_BITS)) / denominator;
  const root = integerSquareRoot(scaled);
  // What was cut off would only matter at an exact half. Setting the last bit then keeps the root off the half.
  const isExact = root * root * denominator === numerator << (2n * FRACTION_BITS);
  return Number(isExact ? root : root | 1n) / 2 ** Number(FRACTION_BITS);
}

function integerSquareRoot(value: bigint): bigint {
  if (value < 2n) return value;
  // Newton's method from above: decreases until it reaches the root.
  let root = 1n << BigInt(Math.ceil(value.toString(2).length / 2));
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}
