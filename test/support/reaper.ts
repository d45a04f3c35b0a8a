import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Kills what was started on this process's behalf once this process is gone, even by SIGKILL: a shell outside our
 * process group waits for the end of a pipe that only we hold open.
 */
export interface Reaper {
  watch(pid: number): void;
  /** To be called once the process has been waited for: its number may then belong to somebody else. */
  forget(pid: number): void;
  /** Kills everything still watched and removes the folder; resolves when that is done. */
  reap(): Promise<void>;
}

const SCRIPT = `
cat >/dev/null
for file in "$1"/*.pid; do
  [ -e "$file" ] && kill -KILL "$(cat "$file")" 2>/dev/null
done
rm -rf "$1"
`;

/** @param directory of the processes' files, removed with them */
export function createReaper(directory: string): Reaper {
  const shell = spawn('sh', ['-c', SCRIPT, 'reaper', directory], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const gone = once(shell, 'exit');
  shell.unref();
  const pidFile = (pid: number): string => join(directory, `${pid}.pid`);
  return {
    watch(pid) {
      writeFileSync(pidFile(pid), String(pid));
    },
    forget(pid) {
      rmSync(pidFile(pid), { force: true });
    },
    async reap() {
      shell.ref();
      shell.stdin.end();
      await gone;
    },
  };
}
