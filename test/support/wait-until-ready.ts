import { request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerProcess } from './server-process.ts';

const POLL_MS = 50;
/** A good machine needs three seconds. */
const GIVE_UP_MS = 120_000;

/**
 * Resolves when `url` answers 200 to the bearer of `token`.
 *
 * @throws Error where one of `processes` ends first or two minutes pass; it quotes their logs; or the signal's reason
 */
export async function waitUntilReady(server: {
  readonly url: string;
  readonly token: string;
  readonly processes: readonly ServerProcess[];
  readonly signal?: AbortSignal | undefined;
}): Promise<void> {
  const deadline = Date.now() + GIVE_UP_MS;
  while ((await statusOf(server.url, server.token)) !== 200) {
    server.signal?.throwIfAborted();
    const ended = server.processes.find((candidate) => !candidate.isRunning());
    if (ended !== undefined) throw new Error(`${ended.name} ended before it was ready:\n${ended.logTail()}`);
    if (Date.now() > deadline) throw new Error(notReady(server.url, server.processes));
    await sleep(POLL_MS);
  }
}

function notReady(url: string, processes: readonly ServerProcess[]): string {
  const logs = processes.map((candidate) => `--- ${candidate.name}\n${candidate.logTail()}`);
  return [`${url} is not ready after ${GIVE_UP_MS / 1000} s.`, ...logs].join('\n');
}

/** The certificate does not matter here: what is asked is only whether this very process answers yet. */
function statusOf(url: string, token: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const probe = request(url, {
      rejectUnauthorized: false,
      headers: { authorization: `Bearer ${token}` },
      timeout: 2_000,
    });
    probe.on('response', (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    probe.on('timeout', () => probe.destroy());
    probe.on('error', () => resolve(undefined));
    probe.end();
  });
}
