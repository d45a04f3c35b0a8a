/** So many lines from the first that begins so. */
export interface Passage {
  readonly from: string;
  readonly lines: number;
}

/** The passages of a long output in their order, `…` for what is left out between and after them. */
export function excerpt(lines: readonly string[], passages: readonly Passage[]): readonly string[] {
  const kept: string[] = [];
  let end = 0;
  for (const { from, lines: count } of passages) {
    const start = lines.findIndex((line, index) => index >= end && line.startsWith(from));
    if (start < 0) throw new Error(`There is no line that begins with "${from}".`);
    if (start > end) kept.push('…');
    end = Math.min(start + count, lines.length);
    kept.push(...lines.slice(start, end));
  }
  return end < lines.length ? [...kept, '…'] : kept;
}
