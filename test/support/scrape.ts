/** The samples of Prometheus' text format: `name{label="value"}`, labels in alphabetical order, to its value. */
export function parseSamples(text: string): ReadonlyMap<string, number> {
  const samples = new Map<string, number>();
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const match = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (!match) throw new Error(`not a line of Prometheus' text format: ${line}`);
    const [, name = '', labels = '', value = ''] = match;
    const pairs = [...labels.matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g)].map(([pair]) => pair).toSorted();
    samples.set(pairs.length === 0 ? name : `${name}{${pairs.join(',')}}`, Number(value));
  }
  return samples;
}
