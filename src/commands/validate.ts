import { GROUP } from '../api/resource.ts';
import { validateManifest } from '../api/validation/validate-manifest.ts';
import { isOperatorError, OperatorError } from '../lib/errors.ts';
import { parseArguments } from './arguments.ts';
import type { Command, CommandIo } from './command.ts';
import { type ManifestDocument, nameOf, readManifestFile } from './manifest-file.ts';

export const validate: Command = {
  help: `Usage: cslb validate FILE...

Checks the PveClusters and BalancePolicies in YAML or JSON files as \`kubectl apply\` would, without a Kubernetes
cluster: fields, bounds and rules of the CRDs. A file may have several documents; \`-\` is standard input.
Objects of other kinds are skipped. What depends on other objects or on an earlier version of the object is not
checked.

Exit code: 0 when everything is valid, 2 when something is not.

Example:
  helm template policies ./helm/pve-cslb-policies | cslb validate -
`,
  async run(args, io) {
    const { positionals: files } = parseArguments({ args: [...args], options: {}, allowPositionals: true });
    if (files.length === 0)
      throw new OperatorError('Usage', 'validate needs at least one FILE, or - for standard input.');
    const verdicts: Verdict[] = [];
    for (const file of files) {
      for (const verdict of await judgeFile(file, io)) {
        verdicts.push(verdict);
        for (const line of verdict.lines)
          (verdict.kind === 'Valid' ? io.stdout : io.stderr).write(`${line}\n`);
      }
    }
    if (verdicts.some(({ kind }) => kind === 'Invalid')) return 2;
    if (verdicts.length === 0) {
      throw new OperatorError(
        'InvalidInput',
        `${files.map(nameOf).join(', ')}: no PveCluster or BalancePolicy found.`,
      );
    }
    return 0;
  },
};

interface Verdict {
  readonly kind: 'Valid' | 'Invalid';
  readonly lines: readonly string[];
}

async function judgeFile(file: string, io: CommandIo): Promise<readonly Verdict[]> {
  try {
    const documents = await readManifestFile(file, io);
    return documents.filter(({ value }) => isOurs(value)).map((document) => judge(file, document));
  } catch (error) {
    // The other files are judged all the same.
    if (!isOperatorError(error, 'InvalidInput')) throw error;
    return [{ kind: 'Invalid', lines: [error.message] }];
  }
}

function judge(file: string, { position, value }: ManifestDocument): Verdict {
  const prefix = `${nameOf(file)}: ${describe(value) ?? `document ${position}`}`;
  const validation = validateManifest(value);
  if (validation.kind === 'Valid') return { kind: 'Valid', lines: [`${prefix} is valid.`] };
  const lines = validation.problems.map(({ path, message }) => `${prefix}: ${path} ${message}.`);
  return { kind: 'Invalid', lines };
}

/** Whether a document means to be one of our kinds; one with a typo in its group or in its kind does. */
function isOurs(value: unknown): boolean {
  const { apiVersion, kind } = header(value);
  return kind === 'PveCluster' || kind === 'BalancePolicy' || apiVersion?.startsWith(`${GROUP}/`) === true;
}

/** `BalancePolicy 'lab'` */
function describe(value: unknown): string | undefined {
  const { kind, name } = header(value);
  return kind === undefined || name === undefined ? undefined : `${kind} '${name}'`;
}

interface Header {
  readonly apiVersion: string | undefined;
  readonly kind: string | undefined;
  readonly name: string | undefined;
}

function header(value: unknown): Header {
  return {
    apiVersion: textAt(value, 'apiVersion'),
    kind: textAt(value, 'kind'),
    name: textAt(fieldOf(value, 'metadata'), 'name'),
  };
}

function textAt(value: unknown, key: string): string | undefined {
  const text = fieldOf(value, key);
  return typeof text === 'string' ? text : undefined;
}

function fieldOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}
