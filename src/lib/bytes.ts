const UNITS = ['Ki', 'Mi', 'Gi', 'Ti', 'Pi'] as const;

/** Bytes as a Kubernetes quantity with at most one decimal: `512Mi`, `1.5Gi`. Rounded, for people. */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes) || bytes < 1024) return `${Math.max(0, Math.round(bytes) || 0)}`;
  const power = Math.min(UNITS.length, Math.floor(Math.log2(bytes) / 10));
  const value = Math.round((bytes / 1024 ** power) * 10) / 10;
  return `${value}${UNITS[power - 1]}`;
}

/** Bytes of a binary quantity such as `64Gi`, `1.5Mi` or `4096`, rounded; undefined when it is not one. */
export function parseBytes(quantity: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(Ki|Mi|Gi|Ti|Pi)?$/.exec(quantity);
  if (!match) return undefined;
  const units: readonly (string | undefined)[] = UNITS;
  const power = units.indexOf(match[2]) + 1;
  return Math.round(Number(match[1]) * 1024 ** power);
}
