import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { chartFolder } from './helm.ts';

export interface ValuesFile {
  /** `default-values.yaml` */
  readonly name: string;
  readonly path: string;
}

/** The files of values that a chart has as examples of what it can do. */
export function ciValues(chart: string): readonly ValuesFile[] {
  const folder = join(chartFolder(chart), 'ci');
  return readdirSync(folder).map((name) => ({ name, path: join(folder, name) }));
}
