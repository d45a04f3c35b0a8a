/** Exit codes: 0 done, 2 usage or invalid input, 3 `plan --exit-code` with moves proposed, 1 anything else. */
export type ExitCode = 0 | 1 | 2 | 3;

/** The process as a command sees it, so that tests can stand in for it. */
export interface CommandIo {
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether stdout is a terminal: colours and live output only then. */
  readonly isTerminal: boolean;
  readStdin(): Promise<string>;
  /**
   * Aborted at SIGINT or SIGTERM; the second of them ends the process at once. The first call takes over both signals: only
   * for commands that run until told to stop.
   */
  stopSignal(): AbortSignal;
  /** Called once with an error that nobody caught, right before the process ends for it with exit code 1. */
  beforeCrash(report: (error: unknown, origin: string) => void): void;
}

export interface TextSink {
  write(text: string): void;
}

export interface Command {
  /** What `cslb NAME --help` prints: usage, what it does, options, an example. */
  readonly help: string;
  /**
   * Carries out the command. May throw an `OperatorError`: an error on which the user must act ends in exit code 2,
   * any other in 1, with its message on stderr.
   */
  run(args: readonly string[], io: CommandIo): Promise<ExitCode>;
}

export interface CommandEntry {
  readonly name: string;
  /** One line for `cslb --help`. */
  readonly summary: string;
  /** Loaded only when picked, so that a small command does not wait for the libraries of a large one. */
  load(): Promise<Command>;
}
