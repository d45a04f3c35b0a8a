const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;
const COMPONENT = /(\d+(?:\.\d+)?)(ms|s|m|h)/y;

/** Milliseconds of a Go-style duration such as `90s`, `1h30m` or `1.5h`; undefined when it is not one. */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0;
  let total = 0;
  COMPONENT.lastIndex = 0;
  for (let end = 0; end < text.length || end === 0; end = COMPONENT.lastIndex) {
    const match = COMPONENT.exec(text);
    if (!match) return undefined;
    total += Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS];
  }
  return total;
}

/** A Go-style duration of whole seconds: `1h30m`, `45s`, `0s`. */
export function formatDuration(milliseconds: number): string {
  let seconds = Math.max(0, Math.round(milliseconds / 1_000));
  if (seconds === 0) return '0s';
  const hours = Math.floor(seconds / 3_600);
  seconds -= hours * 3_600;
  const minutes = Math.floor(seconds / 60);
  seconds -= minutes * 60;
  return `${hours ? `${hours}h` : ''}${minutes ? `${minutes}m` : ''}${seconds ? `${seconds}s` : ''}`;
}
