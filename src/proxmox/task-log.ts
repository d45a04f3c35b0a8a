import { parseBytes } from '../lib/bytes.ts';
import { apiPath, type ProxmoxReader } from './reader.ts';
import { taskLog } from './schemas/task-log.ts';
import { parseUpid } from './upid.ts';

const LINES = 50;

/** The last lines of a task's log, in order. */
export async function readLogTail(
  reader: ProxmoxReader,
  upid: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const path = apiPath('nodes', parseUpid(upid)?.node ?? 'localhost', 'tasks', upid, 'log');
  async function read(start: number) {
    const { data, total } = await reader.get(path, { start, limit: LINES }, signal);
    return { lines: taskLog.expect(data, path).map((line) => line.t), total: total ?? 0 };
  }
  const head = await read(0);
  return head.total > LINES ? (await read(head.total - LINES)).lines : head.lines;
}

/**
 * Why a task failed: the last error that says more than that it did; `TASK ERROR`, the final line, mostly only repeats
 * the exit status (docs/proxmox-api.md §6.6).
 */
export function errorLine(lines: readonly string[]): string | undefined {
  const errors = lines.flatMap((line) => {
    const [, task, text = ''] = /\b(TASK )?ERROR: (.+)$/.exec(line) ?? [];
    return text === ''
      ? []
      : [{ text: text.trim(), telling: !task && !text.startsWith('migration finished with problems') }];
  });
  return (errors.findLast((error) => error.telling) ?? errors.at(-1))?.text.slice(0, 500);
}

/** `migration active, transferred 1.1 GiB of 16.0 GiB VM-state, 1.1 GiB/s` */
const TRANSFERRED = /transferred (\d+(?:\.\d+)?) ([KMGTP]i)?B of (\d+(?:\.\d+)?) ([KMGTP]i)?B VM-state/;

/** How far a live migration is, 0 to 100; undefined where its log does not say (containers). */
export function progressOf(lines: readonly string[]): number | undefined {
  for (const line of [...lines].reverse()) {
    const match = TRANSFERRED.exec(line);
    if (!match) continue;
    const done = parseBytes(`${match[1]}${match[2] ?? ''}`);
    const all = parseBytes(`${match[3]}${match[4] ?? ''}`);
    // Memory that changes is sent again, so more than all may have gone.
    return done === undefined || !all ? undefined : Math.min(100, Math.floor((100 * done) / all));
  }
  return undefined;
}
