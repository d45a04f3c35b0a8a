import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ControlPlane } from '../../test/support/control-plane.ts';
import type { OperatorProcess } from '../../test/support/operator-process.ts';
import {
  type DeployedOperator,
  runDeployment,
  untilReady,
} from '../../test/support/pods/deployed-operator.ts';
import { createReaper, type Reaper } from '../../test/support/reaper.ts';

export interface RunningOperator {
  /** Aborted, with an error as its reason, when it ended without being told to. */
  readonly ended: AbortSignal;
  /** The last lines of its log. */
  logTail(): readonly string[];
  /** Ends it and removes its log. Happens by itself when this process ends, however it ends. */
  stop(): Promise<void>;
}

const CHECK_MS = 500;
const LOG_LINES = 10;

/** Runs the operator as its Deployment says, as a process of this machine; resolves when it is ready. */
export async function startOperator(
  controlPlane: ControlPlane,
  deployment: { readonly namespace: string; readonly name: string },
): Promise<RunningOperator> {
  const directory = await mkdtemp(join(tmpdir(), 'pve-cslb-demo-'));
  const reaper = createReaper(directory);
  try {
    const operator = await runDeployment({ controlPlane, ...deployment, directory, reaper });
    await untilReady(operator);
    return watched(operator, reaper);
  } catch (error) {
    await reaper.reap();
    throw error;
  }
}

function watched({ process }: DeployedOperator, reaper: Reaper): RunningOperator {
  const ended = new AbortController();
  const check = setInterval(() => {
    if (!process.isRunning()) ended.abort(new Error('the operator ended.'));
  }, CHECK_MS);
  return {
    ended: ended.signal,
    logTail: () => lastLines(process),
    async stop() {
      clearInterval(check);
      await process.kill();
      await reaper.reap();
    },
  };
}

function lastLines(process: OperatorProcess): readonly string[] {
  return process.output().trimEnd().split('\n').slice(-LOG_LINES);
}
