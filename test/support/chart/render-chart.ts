import { parseAllDocuments, stringify } from 'yaml';
import type { CommandResult } from '../run-command.ts';
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

const renderings = new Map<string, Promise<CommandResult>>();

/** What `helm template` prints, or why it refuses; the same question is asked once. */
export function helmTemplate(rendering: Rendering): Promise<CommandResult> {
  const question = JSON.stringify(rendering);
  const answer = renderings.get(question) ?? runTemplate(rendering);
  renderings.set(question, answer);
  return answer;
}

function runTemplate(rendering: Rendering): Promise<CommandResult> {
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
    // As helm reads it, to which a bare `no` is false.
    { input: stringify(values, { version: '1.1' }) },
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

/** The one object of a kind, or the one of that name. */
export function objectOf(objects: readonly RenderedObject[], kind: string, name?: string): RenderedObject {
  const found = objects.filter(
    (object) => object.kind === kind && (name === undefined || object.metadata.name === name),
  );
  if (found.length === 1 && found[0]) return found[0];
  throw new Error(`There are ${found.length} objects ${kind} ${name ?? ''}, not one.`);
}
