// Shows the main job on a real Kubernetes API server and a simulated Proxmox VE cluster, in about a minute:
//
//   node scripts/demo.ts [--keep]
//
// Exits with 0 when the cluster was balanced, 1 with what went wrong when it was not.
import { parseArgs } from 'node:util';
import { styleFor } from '../src/commands/style.ts';
import { messageOf } from '../src/lib/errors.ts';
import { balance, connect } from './demo/balancing.ts';
import { failureReport } from './demo/failure-report.ts';
import { aborted, Interruption, interruptionSignal } from './demo/interruption.ts';
import { invitation } from './demo/invitation.ts';
import { type Lab, startLab } from './demo/lab.ts';
import { historyTable } from './demo/migration-history.ts';
import { createStep } from './demo/step.ts';
import { NAMESPACE } from './demo/values.ts';

const USAGE = `Usage: npm run demo [-- --keep]

Starts a Kubernetes API server, a simulated Proxmox VE cluster that is badly balanced, and the operator; shows how it is
balanced. With --keep everything goes on running afterwards, until Ctrl-C.
`;

const WIDTH_OF_BOTH = 104;

const output = process.stdout;
const style = styleFor({ env: process.env, isTerminal: output.isTTY === true });

async function runDemo(keep: boolean): Promise<number> {
  const interrupted = interruptionSignal();
  const step = createStep(output, style);
  let lab: Lab | undefined;
  try {
    lab = await startLab(step, interrupted);
    await connect(lab, step, interrupted);
    output.write(`\nTo look at it from another terminal:\n${invite(lab, 'get bpol --watch')}\n`);
    const start = performance.now();
    const policy = await balance(lab, output, style, interrupted);
    const history = policy.status?.history ?? [];
    const seconds = Math.round((performance.now() - start) / 1000);
    for (const kinds of listings()) {
      output.write(`\n${style('dim', '$')} kubectl get ${kinds} --namespace ${NAMESPACE}\n`);
      output.write(await lab.kubectl(['get', kinds, '--namespace', NAMESPACE]));
    }
    output.write(`\n${historyTable(history).join('\n')}\n\n`);
    output.write(style('green', `Balanced after ${history.length} migrations in ${seconds} s.`));
    if (!keep) {
      output.write(' Try next: npm run demo -- --keep\n');
      return 0;
    }
    output.write(' Everything goes on running until Ctrl-C.\n');
    output.write(`To change the policy, from another terminal:\n${invite(lab, 'edit bpol lab')}`);
    await aborted(AbortSignal.any([interrupted, lab.operator.ended]));
    if (interrupted.aborted) return 0;
    throw lab.operator.ended.reason;
  } catch (error) {
    // Ctrl-C also ends the servers, whose end may be heard of first.
    const interruption: unknown = interrupted.aborted ? interrupted.reason : error;
    if (interruption instanceof Interruption) {
      output.write(`\n${interruption.message}.\n`);
      return interruption.exitCode;
    }
    process.stderr.write(lab ? failureReport(error, lab) : `The demo failed: ${messageOf(error)}\n`);
    return 1;
  } finally {
    await lab?.stop();
  }
}

/** Both kinds in one table where it fits: kubectl then writes each name with its kind. */
function listings(): readonly string[] {
  return output.isTTY && output.columns < WIDTH_OF_BOTH ? ['pve', 'bpol'] : ['pve,bpol'];
}

function invite({ adminKubeconfig }: Lab, command: string): string {
  return invitation(adminKubeconfig, command, process.env);
}

function readKeep(): boolean | undefined {
  try {
    const { values } = parseArgs({
      options: { keep: { type: 'boolean', default: false }, help: { type: 'boolean' } },
    });
    if (!values.help) return values.keep;
    output.write(USAGE);
    process.exitCode = 0;
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n${USAGE}`);
    process.exitCode = 2;
  }
  return undefined;
}

const keep = readKeep();
if (keep !== undefined) process.exitCode = await runDemo(keep);
