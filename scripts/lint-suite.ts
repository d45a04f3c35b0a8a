import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { addCounts, type Counts, NOTHING } from './counts.ts';

interface Check {
  readonly title: string;
  readonly command: readonly [string, ...string[]];
}

const CHECKS: readonly Check[] = [
  { title: 'style and suspicious code (biome)', command: ['biome', 'check', '--error-on-warnings'] },
  { title: 'types (tsc)', command: ['tsc', '--project', '.'] },
  { title: 'unused files, exports and dependencies (knip)', command: ['knip'] },
  { title: 'generated files match their sources', command: ['node', 'scripts/generate.ts', '--check'] },
];

/** Runs every check, each counting as one test. */
export async function runLintSuite(): Promise<Counts> {
  let counts = NOTHING;
  for (const check of CHECKS) counts = addCounts(counts, await runCheck(check));
  return counts;
}

async function runCheck(check: Check): Promise<Counts> {
  console.log(`- ${check.title}`);
  const [command, ...args] = check.command;
  const [code] = await once(spawn(command, args, { stdio: 'inherit' }), 'exit');
  const passed = code === 0;
  console.log(passed ? '  passed' : `  FAILED: ${check.command.join(' ')}`);
  return passed ? { ...NOTHING, passed: 1 } : { ...NOTHING, failures: [check.title] };
}
