import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { isRecord } from '../../src/api/validation/structural-schema.ts';
import { DOCUMENTED_MANIFESTS } from './documented-manifests.ts';

/** Values of one of our charts that a page shows. */
export interface DocumentedValues {
  readonly place: string;
  readonly chart: string;
  readonly values: object;
}

const PAGES = ['README.md', 'docs/install.md'];

/** In blocks marked as values, and in the releases of Flux and Argo CD. */
export const DOCUMENTED_VALUES: readonly DocumentedValues[] = [
  ...PAGES.flatMap(blocksOf),
  ...DOCUMENTED_MANIFESTS.flatMap(({ place, objects }) =>
    objects.flatMap((object) => {
      const found = releaseOf(object);
      return found ? [{ place, ...found }] : [];
    }),
  ),
];

function blocksOf(page: string): readonly DocumentedValues[] {
  const text = readFileSync(new URL(`../../${page}`, import.meta.url), 'utf8');
  return [...text.matchAll(/^```yaml values\n(.*?)^```$/gms)].map(({ 1: block = '' }) => ({
    place: page,
    chart: 'pve-cslb-policies',
    values: parse(block),
  }));
}

function releaseOf(object: unknown): Omit<DocumentedValues, 'place'> | undefined {
  if (!isRecord(object) || !isRecord(object.spec)) return undefined;
  const { chartRef, values, source } = object.spec;
  if (isRecord(chartRef) && isRecord(values)) return { chart: String(chartRef.name), values };
  if (!isRecord(source) || !isRecord(source.helm) || !isRecord(source.helm.valuesObject)) return undefined;
  return { chart: String(source.chart), values: source.helm.valuesObject };
}
