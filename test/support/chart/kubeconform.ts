import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { runCommand } from '../run-command.ts';
import { chartTool } from './helm.ts';
import { isKind, type Kind, kindSchema } from './kind-schemas.ts';

/** As kubeconform looks them up: the group of `v1` is `v1`, too. */
const LOCATION = '{{ .Group }}/{{ .ResourceAPIVersion }}/{{ .ResourceKind }}.json';

interface Answer {
  readonly resources: readonly { readonly kind: string; readonly name: string; readonly msg: string }[];
  readonly summary: { readonly valid: number };
}

/**
 * What kubeconform finds wrong with manifests: unknown fields, keys given twice, types, and kinds that nobody knows.
 * It is given the text itself, so that nothing is lost by reading it first.
 */
export async function kubeconformProblems(manifests: string): Promise<readonly string[]> {
  const directory = mkdtempSync(join(tmpdir(), 'pve-cslb-schemas-'));
  try {
    for (const kind of kindsIn(manifests)) {
      const schema = await kindSchema(kind);
      if (schema !== undefined) write(join(directory, schemaPath(kind)), JSON.stringify(schema));
    }
    const args = ['-strict', '-summary', '-output=json', `-schema-location=${directory}/${LOCATION}`, '-'];
    const { stdout, stderr } = await runCommand(await chartTool('kubeconform'), args, process.env, manifests);
    if (stdout === '') throw new Error(`kubeconform has no answer: ${stderr}`);
    const { resources, summary }: Answer = JSON.parse(stdout);
    if (resources.length === 0 && summary.valid === 0) throw new Error('kubeconform was given no object.');
    return resources.map(({ kind, name, msg }) => `${kind} ${name}: ${msg}`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function kindsIn(manifests: string): readonly Kind[] {
  return parseAllDocuments(manifests, { uniqueKeys: false })
    .map((document) => document.toJS())
    .filter(isKind);
}

function schemaPath({ apiVersion, kind }: Kind): string {
  const [group = '', version = group] = apiVersion.split('/');
  return `${group}/${version}/${kind.toLowerCase()}.json`;
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
