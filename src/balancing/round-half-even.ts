/** Rounds to a whole number, halves to the even one: 0.5 to 0, 1.5 to 2. CSLB's weights are rounded this way. */
export function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  // Exact: doubles with a fraction are below 2^52, where subtracting the floor loses nothing.
  const fraction = value - below;
  if (fraction < 0.5) return below;
  if (fraction > 0.5) return below + 1;
  return below % 2 === 0 ? below : below + 1;
}
