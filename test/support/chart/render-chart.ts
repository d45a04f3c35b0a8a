import { parseAllDocuments, stringify } from 'yaml';
import { chartFolder, runHelm } from './helm.ts';

/** An object of Kubernetes as a chart renders it; tests look into it as they like. */
export interface RenderedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  // biome does not know the shape of every kind, and neither do we: what a test reads of it, it checks.
  readonly [field: string]: unknown;
}

export interface Rendering {
  readonly chart: string;
  readonly values?: object;
  /** Files of values, before `values`. */
  readonly files?: readonly string[];
  readonly release?: string;
  readonly namespace?: string;
  /** Further arguments of `helm template`. */
  readonly args?: readonly string[];
}

/** What `helm template` prints, or why it refuses. */
function helmTemplate(rendering: Rendering) {
  const { chart, values = {}, files = [], args = [] } = rendering;
  const { release = 'pve-cslb-operator', namespace = 'pve-cslb-system' } = rendering;
  return runHelm(
    [
      'template',
      release,
      chartFolder(chart),
      `--namespace=${namespace}`,
      ...files.map((file) => `--values=${file}`),
      '--values=-',
      ...args,
    ],
    { input: stringify(values) },
  );
}

/** The objects of a chart. */
export async function renderChart(rendering: Rendering): Promise<readonly RenderedObject[]> {
  const { code, stdout, stderr } = await helmTemplate(rendering);
  if (code !== 0) throw new Error(`helm template refuses: ${stderr}`);
  return parseAllDocuments(stdout)
    .map((document) => document.toJS())
    .filter((object) => object !== null);
}

/** The sentence with which a chart refuses the values. */
export async function refusal(rendering: Rendering): Promise<string> {
  const { code, stdout, stderr } = await helmTemplate(rendering);
  if (code === 0) throw new Error(`helm template accepts the values and renders:\n${stdout.slice(0, 500)}`);
  return stderr;
}
