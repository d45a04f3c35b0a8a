import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Counts, judgeMochaRun } from './counts.ts';

/** The mocha tests in the files `*.test.ts` under `test/<name>`. */
export interface MochaSuite {
  readonly name: string;
  /** For one test, unless it sets its own. */
  readonly timeoutSeconds: number;
  /** Modules with root hooks. */
  readonly require: readonly string[];
}

const CHECK_MS = 500;
const LINGER_MS = 15_000;

export function hasTests(suite: MochaSuite): boolean {
  return globSync(pattern(suite)).length > 0;
}

/** Runs a suite with its output on ours. */
export async function runMochaSuite(suite: MochaSuite, mochaOptions: readonly string[]): Promise<Counts> {
  const scratch = mkdtempSync(join(tmpdir(), 'pve-cslb-test-'));
  const countsFile = join(scratch, 'counts.json');
  try {
    const child = spawn('mocha', [...mochaArguments(suite, countsFile), ...mochaOptions], {
      stdio: 'inherit',
    });
    const watch = killWhenItLingers(child, countsFile, suite.name);
    const [exitCode]: (number | null)[] = await once(child, 'exit');
    clearInterval(watch);
    return judgeMochaRun(readCounts(countsFile), exitCode ?? null);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function pattern(suite: MochaSuite): string {
  return `test/${suite.name}/**/*.test.ts`;
}

function mochaArguments(suite: MochaSuite, countsFile: string): string[] {
  return [
    // .mocharc.json is for a person who calls mocha by hand.
    '--no-config',
    '--forbid-only',
    `--timeout=${suite.timeoutSeconds}s`,
    '--reporter=scripts/counts-reporter.mjs',
    `--reporter-option=file=${countsFile}`,
    ...suite.require.map((module) => `--require=${module}`),
    `--spec=${pattern(suite)}`,
  ];
}

/**
 * A test that leaves a timer, socket or server behind keeps mocha from ending after its last test. That is a bug of the
 * test, so instead of `--exit`, which hides it, mocha is killed and the suite thereby fails.
 */
function killWhenItLingers(child: ChildProcess, countsFile: string, name: string): NodeJS.Timeout {
  return setInterval(() => {
    const reported = statSync(countsFile, { throwIfNoEntry: false });
    if (reported === undefined || Date.now() - reported.mtimeMs < LINGER_MS) return;
    console.error(`The ${name} tests are over but something they started keeps mocha running: killed.`);
    child.kill('SIGKILL');
  }, CHECK_MS);
}

function readCounts(file: string): Counts | undefined {
  if (statSync(file, { throwIfNoEntry: false }) === undefined) return undefined;
  return JSON.parse(readFileSync(file, 'utf8'));
}
