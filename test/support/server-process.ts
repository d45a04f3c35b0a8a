import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Reaper } from './reaper.ts';

export interface ServerProcess {
  readonly name: string;
  isRunning(): boolean;
  /** What it wrote so far, to either stream. */
  log(): string;
  /** The last lines of its log. */
  logTail(): string;
  /** Asks it to stop, with SIGTERM; resolves with its exit code once it is gone, null where a signal ended it. */
  terminate(): Promise<number | null>;
  /** Its exit code once it is gone, null where a signal ended it. */
  ended(): Promise<number | null>;
  signal(name: 'SIGTERM' | 'SIGSTOP' | 'SIGCONT'): void;
  /** With SIGKILL; resolves when it is gone, at once where it already was. */
  kill(): Promise<void>;
}

export interface ServerProcessOptions {
  readonly name: string;
  readonly binary: string;
  readonly args: readonly string[];
  /** Holds its log, `<name>.log`. */
  readonly directory: string;
  readonly reaper: Reaper;
  /** Of this process when absent. */
  readonly environment?: NodeJS.ProcessEnv;
}

/** Starts a server that does not keep this process alive and is killed with it. */
export function startServerProcess(options: ServerProcessOptions): ServerProcess {
  const logPath = join(options.directory, `${options.name}.log`);
  const log = openSync(logPath, 'a');
  const child = spawn(options.binary, options.args, {
    cwd: options.directory,
    stdio: ['ignore', log, log],
    env: options.environment ?? process.env,
  });
  closeSync(log);
  const { pid } = child;
  if (pid !== undefined) options.reaper.watch(pid);
  let running = true;
  const gone = once(child, 'exit').then(onGone, onGone);
  child.unref();

  function onGone(): void {
    running = false;
    if (pid !== undefined) options.reaper.forget(pid);
  }

  return {
    name: options.name,
    isRunning: () => running,
    log: () => readFileSync(logPath, 'utf8'),
    logTail: () => readFileSync(logPath, 'utf8').split('\n').slice(-20).join('\n'),
    async terminate() {
      child.ref();
      child.kill('SIGTERM');
      await gone;
      return child.exitCode;
    },
    async ended() {
      child.ref();
      await gone;
      return child.exitCode;
    },
    signal(name) {
      child.kill(name);
    },
    async kill() {
      child.ref();
      child.kill('SIGKILL');
      await gone;
    },
  };
}
