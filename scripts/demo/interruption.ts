import { constants } from 'node:os';

/** Why the demo ends before it is over, though nothing went wrong. */
export class Interruption extends Error {
  override readonly name = 'Interruption';
  /** As a shell gives it. */
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const PARENT_CHECK_MS = 1_000;

/**
 * Aborted with an `Interruption` at Ctrl-C, when told to stop, and when whoever started this process is gone: npm, killed
 * with SIGKILL, tells nobody. A second Ctrl-C does not wait for the clean-up; the reapers finish it.
 */
export function interruptionSignal(): AbortSignal {
  const interrupted = new AbortController();
  for (const name of SIGNALS) {
    process.on(name, () => {
      const exitCode = 128 + constants.signals[name];
      if (interrupted.signal.aborted) process.exit(exitCode);
      interrupted.abort(new Interruption(`Stopped by ${name}`, exitCode));
    });
  }
  // Whoever reads our output may go away (`| head`).
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    interrupted.abort(new Interruption('Nobody reads the output any more', 128 + constants.signals.SIGPIPE));
  });
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid === parent) return;
    interrupted.abort(new Interruption('Whoever started the demo is gone', 128 + constants.signals.SIGTERM));
  }, PARENT_CHECK_MS).unref();
  return interrupted.signal;
}

/** Resolves when the signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
