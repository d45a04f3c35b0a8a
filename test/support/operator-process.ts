import { fileURLToPath } from 'node:url';
import type { Reaper } from './reaper.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';

/** One run of `cslb operator` as a process of its own. */
export interface OperatorProcess {
  isRunning(): boolean;
  /** Everything it wrote, to stdout and stderr. */
  output(): string;
  /** Its log lines. Throws where it wrote anything that is not one. */
  logs(): readonly LogLine[];
  /** With SIGTERM, as Kubernetes does; gives its exit code. */
  stop(): Promise<number | null>;
  /** With SIGKILL: not one instruction more. */
  kill(): Promise<void>;
}

export interface LogLine {
  readonly level: string;
  readonly time: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

export interface OperatorProcessOptions {
  /** Tells its log from those of other runs. */
  readonly name: string;
  readonly kubeconfig: string;
  readonly namespace: string;
  readonly directory: string;
  readonly reaper: Reaper;
  /** Besides those that every run has. */
  readonly flags?: readonly string[];
}

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** Where a test asks for more, what comes later wins. */
const ALONE = ['--leader-elect=false', '--health-address', '0', '--metrics-address', '0'];

export function startOperatorProcess(options: OperatorProcessOptions): OperatorProcess {
  const { name, kubeconfig, namespace, directory, reaper } = options;
  const flags = [
    '--kubeconfig',
    kubeconfig,
    '--watch-namespaces',
    namespace,
    '--log-level',
    'debug',
    ...ALONE,
  ];
  const child: ServerProcess = startServerProcess({
    name,
    binary: process.execPath,
    args: [MAIN, 'operator', ...flags, ...(options.flags ?? [])],
    directory,
    reaper,
    // Nothing of the caller's environment decides what the operator does.
    environment: { PATH: process.env.PATH },
  });
  return {
    isRunning: child.isRunning,
    output: child.log,
    // A line is one once it is complete; of a killed process the last one may never be.
    logs: () => child.log().split('\n').slice(0, -1).map(parseLine),
    stop: child.terminate,
    kill: child.kill,
  };
}

function parseLine(text: string): LogLine {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`The operator wrote a line that is not JSON: ${text}`);
  }
}
