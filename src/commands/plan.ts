import { stringify } from 'yaml';
import type { Plan, PlannedMigration } from '../balancing/plan.ts';
import { evaluate } from '../controllers/balance-policy/evaluate.ts';
import { balanceSettings } from '../controllers/balance-policy/settings.ts';
import { systemClock } from '../lib/clock.ts';
import { isOperatorError, messageOf, OperatorError } from '../lib/errors.ts';
import { examineGuest } from '../proxmox/examine-guest.ts';
import { guestPath } from '../proxmox/guest.ts';
import { type Inventory, readInventory } from '../proxmox/inventory.ts';
import { createSnapshotReader, type SnapshotReader } from '../proxmox/snapshot.ts';
import { parseArguments } from './arguments.ts';
import type { Command, CommandIo } from './command.ts';
import { nameOf, readText } from './manifest-file.ts';
import { notesOn } from './plan-notes.ts';
import { planReport } from './plan-report.ts';
import { formatPlan } from './plan-table.ts';
import { readPolicyFile } from './policy-file.ts';
import { styleFor } from './style.ts';
import { printable, wrapText } from './table.ts';

export const plan: Command = {
  help: `Usage: cslb plan --snapshot FILE --policy FILE [--output table|json|yaml] [--exit-code]

Plans migrations for a recorded cluster and explains them; nothing is migrated.

Options:
  --snapshot FILE    a recorded cluster: {"responses": {"/cluster/resources": [...], ...}}, the path of each GET
                     request with the \`data\` part of its answer; a guest's own configuration and preconditions count
                     where they are in it
  --policy FILE      YAML or JSON with one BalancePolicy; other documents in it are ignored, and its PveCluster need
                     not exist
  -o, --output FORM  table (the default), json or yaml
  --exit-code        exit with 3 when migrations are proposed

FILE may be - for standard input, in one of the two.

Exit code: 0 done, 2 usage or invalid input, 3 with --exit-code when migrations are proposed, 1 anything else.

Example:
  cslb plan --snapshot lab.json --policy policy.yaml
`,
  async run(args, io) {
    const options = readOptions(args);
    const policy = await readPolicyFile(options.policy, io);
    const { inventory, reader } = await readSnapshot(options.snapshot, io);
    const { signal } = new AbortController();
    const evaluated = await evaluate(
      inventory.cluster,
      balanceSettings(policy.spec),
      (guest) => examineGuest(reader, guest, signal),
      systemClock,
    );
    const made = heldWithoutQuorum(evaluated, inventory.quorate);
    const unexamined = made.migrations.filter((migration) => !isExamined(migration, reader));
    const notes = notesOn(made, inventory, { paths: reader.assumed(), unexamined });
    if (options.output === 'table') {
      io.stdout.write(formatPlan(made, notes, styleFor(io)));
    } else {
      for (const note of notes.flatMap((text) => wrapText(printable(text), 80))) io.stderr.write(`${note}\n`);
      const report = planReport(made);
      io.stdout.write(
        options.output === 'json' ? `${JSON.stringify(report, undefined, 2)}\n` : stringify(report),
      );
    }
    return options.exitCode && made.migrations.length > 0 ? 3 : 0;
  },
};

type OutputForm = (typeof OUTPUT_FORMS)[number];

interface Options {
  readonly snapshot: string;
  readonly policy: string;
  readonly output: OutputForm;
  readonly exitCode: boolean;
}

const OUTPUT_FORMS = ['table', 'json', 'yaml'] as const;

function readOptions(args: readonly string[]): Options {
  const { values } = parseArguments({
    args: [...args],
    options: {
      snapshot: { type: 'string' },
      policy: { type: 'string' },
      output: { type: 'string', short: 'o', default: 'table' },
      'exit-code': { type: 'boolean', default: false },
    },
  });
  const { snapshot, policy } = values;
  if (!snapshot || !policy) {
    throw new OperatorError('Usage', 'plan needs --snapshot FILE and --policy FILE; --help tells more.');
  }
  if (snapshot === '-' && policy === '-') {
    throw new OperatorError('Usage', 'only one of --snapshot and --policy can be read from standard input.');
  }
  const output = OUTPUT_FORMS.find((form) => form === values.output);
  if (output === undefined) {
    throw new OperatorError(
      'Usage',
      `--output '${values.output}': must be one of ${OUTPUT_FORMS.join(', ')}.`,
    );
  }
  return { snapshot, policy, output, exitCode: values['exit-code'] };
}

interface SnapshotReading {
  readonly inventory: Inventory;
  readonly reader: SnapshotReader;
}

async function readSnapshot(file: string, io: CommandIo): Promise<SnapshotReading> {
  const json = parseJson(await readText(file, io), file);
  try {
    const reader = createSnapshotReader(json);
    return { inventory: await readInventory(reader), reader };
  } catch (error) {
    if (!isOperatorError(error)) throw error;
    // Whatever a recorded answer is found to be wrong with, the file is.
    throw new OperatorError('InvalidInput', `${nameOf(file)}: ${error.message}`, { cause: error });
  }
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new OperatorError('InvalidInput', `${nameOf(file)}: is not valid JSON: ${messageOf(error)}.`, {
      cause: error,
    });
  }
}

/** PVE 8 has no preconditions of containers. */
function isExamined({ vmid, type, source }: PlannedMigration, reader: SnapshotReader): boolean {
  const guest = { vmid, type, node: source };
  return (
    reader.has(guestPath(guest, 'config')) && (type === 'lxc' || reader.has(guestPath(guest, 'migrate')))
  );
}

/** Without quorum Proxmox changes nothing, so that there is no use in proposing it. */
function heldWithoutQuorum(made: Plan, quorate: boolean): Plan {
  if (quorate) return made;
  const unmet = { ...made.unmet, after: made.unmet.before };
  return { ...made, migrations: [], predicted: made.imbalance, unmet };
}
