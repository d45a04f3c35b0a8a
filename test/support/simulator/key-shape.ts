const NAMED_BY_THE_CLUSTER = /^(pve\d|(vm|ct):\d+|\/.*|tap\d+i\d+|(scsi|ide|hostpci)\d+)$/;

/**
 * Where an answer has what: `memory.total: number`. Entries of a list count together, apart by their `type`; keys that
 * are names of the cluster's own things count as one.
 */
export function keyShape(value: unknown): Set<string> {
  const found = new Set<string>();
  collect(value, '', found);
  return found;
}

function collect(value: unknown, path: string, found: Set<string>): void {
  if (Array.isArray(value)) {
    for (const entry of value) collect(entry, `${path}[${typeOf(entry)}]`, found);
    return;
  }
  if (typeof value !== 'object' || value === null) {
    found.add(`${path}: ${value === null ? 'null' : typeof value}`);
    return;
  }
  for (const [key, inner] of Object.entries(value)) {
    collect(inner, `${path}.${NAMED_BY_THE_CLUSTER.test(key) ? '*' : key}`, found);
  }
}

function typeOf(entry: unknown): string {
  const isTyped = typeof entry === 'object' && entry !== null && 'type' in entry;
  return isTyped ? String(entry.type) : '';
}
