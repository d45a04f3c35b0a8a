import { readFileSync } from 'node:fs';

const PAGE = new URL('../../docs/metrics.md', import.meta.url);

/** A line of a table of docs/metrics.md. */
export interface DocumentedMetric {
  readonly name: string;
  readonly type: string;
  /** Separated by commas. */
  readonly labels: string;
  readonly unit: string;
  readonly meaning: string;
}

export function documentedMetrics(): readonly DocumentedMetric[] {
  return readFileSync(PAGE, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => {
      const [name = '', type = '', labels = '', unit = '', meaning = ''] = line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll('`', ''));
      return { name, type, labels, unit, meaning };
    });
}
