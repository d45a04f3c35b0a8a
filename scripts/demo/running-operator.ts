import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startOperatorProcess } from '../../test/support/operator-process.ts';
import { createReaper } from '../../test/support/reaper.ts';

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

/** Runs `cslb operator` as a process of its own. */
export async function startOperator(account: {
  readonly kubeconfig: string;
  readonly namespace: string;
}): Promise<RunningOperator> {
  const directory = await mkdtemp(join(tmpdir(), 'pve-cslb-demo-'));
  const reaper = createReaper(directory);
  const operator = startOperatorProcess({
    name: 'operator',
    ...account,
    directory,
    reaper,
    flags: ['--log-level', 'info', '--leader-elect', '--leader-election-namespace', account.namespace],
  });
  const ended = new AbortController();
  const check = setInterval(() => {
    if (!operator.isRunning()) ended.abort(new Error('the operator ended.'));
  }, CHECK_MS);
  return {
    ended: ended.signal,
    logTail: () => operator.output().trimEnd().split('\n').slice(-LOG_LINES),
    async stop() {
      clearInterval(check);
      await operator.kill();
      await reaper.reap();
    },
  };
}
