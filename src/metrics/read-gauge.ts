import { Gauge, type Registry } from 'prom-client';

export interface Sample<L extends string> {
  readonly labels: Readonly<Record<L, string>>;
  readonly value: number;
}

export interface ReadGauge<L extends string> {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly L[];
  /** Everything there is now: series that are not among it go. */
  readonly read: () => Iterable<Sample<L>>;
}

/** A gauge that is read at each scrape, so that it can neither be forgotten nor outlive what it measures. */
export function registerReadGauge<L extends string>(registry: Registry, options: ReadGauge<L>): void {
  const { name, help, labelNames, read } = options;
  new Gauge({
    name,
    help,
    labelNames: [...labelNames],
    registers: [registry],
    collect() {
      this.reset();
      for (const { labels, value } of read()) this.set(labels, value);
    },
  });
}
