import { type CslbProgram, type CslbProgramFor, checkoutProgram } from './cslb-program.ts';
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
  /** With SIGSTOP: time goes on without it. */
  pause(): void;
  resume(): void;
  /** With SIGTERM, without waiting. */
  interrupt(): void;
  /** Its exit code once it has ended. */
  ended(): Promise<number | null>;
  /** The port on which it serves a path, by its log. */
  portOf(path: string): number;
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
  /** For Node itself, where it runs the checkout. */
  readonly nodeFlags?: readonly string[];
  /** The checkout where absent. */
  readonly program?: CslbProgramFor | undefined;
}

/** Where a test asks for more, what comes later wins. */
const ALONE = ['--leader-elect=false', '--health-address', '0', '--metrics-address', '0'];

export function startOperatorProcess(options: OperatorProcessOptions): OperatorProcess {
  const { name, namespace, directory, reaper } = options;
  const programFor = options.program ?? ((files) => checkoutProgram(files, options.nodeFlags));
  const program = programFor([options.kubeconfig]);
  const flags = [
    '--kubeconfig',
    ...program.files,
    '--watch-namespaces',
    namespace,
    '--log-level',
    'debug',
    ...ALONE,
  ];
  return startCslb({
    name,
    directory,
    reaper,
    program,
    args: ['operator', ...flags, ...(options.flags ?? [])],
  });
}

/** Runs the command `cslb` with exactly these arguments. */
export function startCslb(options: {
  readonly name: string;
  readonly program: CslbProgram;
  readonly args: readonly string[];
  readonly directory: string;
  readonly reaper: Reaper;
}): OperatorProcess {
  const { binary, args, environment } = options.program;
  const child: ServerProcess = startServerProcess({
    ...options,
    binary,
    args: [...args, ...options.args],
    environment,
  });
  // A line is one once it is complete; of a killed process the last one may never be.
  const logs = () => child.log().split('\n').slice(0, -1).map(parseLine);
  return {
    isRunning: child.isRunning,
    output: child.log,
    logs,
    stop: child.terminate,
    pause: () => child.signal('SIGSTOP'),
    resume: () => child.signal('SIGCONT'),
    interrupt: () => child.signal('SIGTERM'),
    ended: child.ended,
    portOf(path) {
      const serving = logs().find(
        ({ msg, paths }) => msg === 'Serving HTTP' && isList(paths) && paths.includes(path),
      );
      if (typeof serving?.port === 'number') return serving.port;
      throw new Error(`The operator does not serve ${path}.`);
    },
    kill: child.kill,
  };
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

function parseLine(text: string): LogLine {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`The operator wrote a line that is not JSON: ${text}`);
  }
}
