/** An element that is there: what an index of the search points to always is. */
export function at(values: Float64Array | Int16Array, index: number): number {
  return values[index] ?? 0;
}
