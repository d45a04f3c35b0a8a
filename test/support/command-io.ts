import type { CommandIo } from '../../src/commands/command.ts';

export interface RecordedIo extends CommandIo {
  /** What was written so far. */
  readonly written: { readonly stdout: string; readonly stderr: string };
}

export interface RecordedIoOptions {
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly isTerminal?: boolean;
  readonly signal?: AbortSignal;
}

/** The process as a command under test sees it. */
export function recordedIo(options: RecordedIoOptions = {}): RecordedIo {
  const written = { stdout: '', stderr: '' };
  return {
    written,
    stdout: {
      write: (text) => {
        written.stdout += text;
      },
    },
    stderr: {
      write: (text) => {
        written.stderr += text;
      },
    },
    env: options.env ?? {},
    isTerminal: options.isTerminal ?? false,
    readStdin: async () => options.stdin ?? '',
    beforeCrash: () => undefined,
    stopSignal: () => options.signal ?? new AbortController().signal,
  };
}
