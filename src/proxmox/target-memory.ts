import { isOperatorError } from '../lib/errors.ts';
import { targetInLog } from './migration-target.ts';
import { apiPath, type ProxmoxReader } from './reader.ts';
import { taskLog } from './schemas/task-log.ts';
import { parseUpid } from './upid.ts';

/** Where migrate tasks go. A task never changes its target, so each log is read for it at most until it says so once. */
export interface TargetMemory {
  remember(upid: string, target: string): void;
  known(upid: string): string | undefined;
  /** From memory or from the first lines of the log; undefined when that does not say, or is gone. */
  read(reader: ProxmoxReader, upid: string, signal: AbortSignal): Promise<string | undefined>;
}

/** Before the first line about the target come at most a few about HA and volumes. */
const FIRST_LINES = 50;
/** More than ever run at once; finished ones fall out. */
const REMEMBERED = 1_000;

export function createTargetMemory(): TargetMemory {
  // In the order they were learnt, so the oldest comes first.
  const targets = new Map<string, string>();

  function remember(upid: string, target: string): void {
    targets.set(upid, target);
    for (const oldest of targets.keys()) {
      if (targets.size <= REMEMBERED) break;
      targets.delete(oldest);
    }
  }

  return {
    remember,
    known: (upid) => targets.get(upid),
    async read(reader, upid, signal) {
      const known = targets.get(upid);
      if (known !== undefined) return known;
      const node = parseUpid(upid)?.node;
      if (node === undefined) return undefined;
      const path = apiPath('nodes', node, 'tasks', upid, 'log');
      const { data } = await reader.get(path, { start: 0, limit: FIRST_LINES }, signal);
      const lines = taskLog.expect(data, path).map((line) => line.t);
      const target = targetInLog(lines, node);
      if (target !== undefined) remember(upid, target);
      return target;
    },
  };
}

/** As `read`, for callers to whom a log that cannot be had is no different from one that does not say. */
export async function targetIfReadable(
  memory: TargetMemory,
  reader: ProxmoxReader,
  upid: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    return await memory.read(reader, upid, signal);
  } catch (error) {
    if (signal.aborted || !isOperatorError(error)) throw error;
    return undefined;
  }
}
