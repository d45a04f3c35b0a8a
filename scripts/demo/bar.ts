const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const;

/** A bar that fills `share` (0 to 1) of `width` columns, to an eighth of one, and blanks to its end. */
export function bar(share: number, width: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, share)) * width * 8);
  const text = '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '');
  return text.padEnd(width);
}

/** The same with a mark where a bar of the share `mark` would end, unless the bar covers it. */
export function markedBar(share: number, mark: number, width: number): string {
  const filled = bar(share, width);
  const place = Math.min(width - 1, Math.round(mark * width));
  return filled[place] === ' ' ? `${filled.slice(0, place)}╎${filled.slice(place + 1)}` : filled;
}
