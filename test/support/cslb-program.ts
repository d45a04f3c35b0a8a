import { fileURLToPath } from 'node:url';

/** A `cslb` that can be started as a process. */
export interface CslbProgram {
  readonly binary: string;
  /** Come before the arguments of `cslb`. */
  readonly args: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  /** Where it finds the files that it was to be given, in their order. */
  readonly files: readonly string[];
}

/** @param files of this machine that it must be able to read */
export type CslbProgramFor = (files: readonly string[]) => CslbProgram;

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** This checkout, run by the Node that runs us. */
export function checkoutProgram(files: readonly string[], nodeFlags: readonly string[] = []): CslbProgram {
  return {
    binary: process.execPath,
    args: [...nodeFlags, MAIN],
    // Nothing of the caller's environment decides what it does.
    environment: { PATH: process.env.PATH },
    files,
  };
}
