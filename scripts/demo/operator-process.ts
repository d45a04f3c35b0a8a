import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createReaper } from '../../test/support/reaper.ts';
import { startServerProcess } from '../../test/support/server-process.ts';

export interface OperatorProcess {
  /** Aborted, with an error as its reason, when it ended without being told to. */
  readonly ended: AbortSignal;
  /** The last lines of its log. */
  logTail(): string;
  /** Ends it and removes its log. Happens by itself when this process ends, however it ends. */
  stop(): Promise<void>;
}

const CHECK_MS = 500;
const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** Runs `cslb operator` as a process of its own. */
export async function startOperator(options: {
  readonly kubeconfig: string;
  readonly namespace: string;
}): Promise<OperatorProcess> {
  const directory = await mkdtemp(join(tmpdir(), 'pve-cslb-demo-'));
  const reaper = createReaper(directory);
  const server = startServerProcess({
    name: 'operator',
    binary: process.execPath,
    args: [
      MAIN,
      'operator',
      '--kubeconfig',
      options.kubeconfig,
      '--watch-namespaces',
      options.namespace,
      '--log-level',
      'info',
    ],
    directory,
    reaper,
  });
  const ended = new AbortController();
  const check = setInterval(() => {
    if (!server.isRunning()) ended.abort(new Error('the operator ended.'));
  }, CHECK_MS);
  return {
    ended: ended.signal,
    logTail: server.logTail,
    async stop() {
      clearInterval(check);
      await server.kill();
      await reaper.reap();
    },
  };
}
