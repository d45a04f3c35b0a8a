// Runs test suites: all of them, or those named.
//
//   node scripts/test.ts [lint] [unit] [integration] [chart] [e2e] [image] [MOCHA OPTION ...]
//
// It ends with every failure again and the line "N passed, N failed, N skipped" over all of them, and exits with 1 where
// any failed.
// With mocha options (such as --grep) a suite in which nothing matches still fails: name the suite too.
import { addCounts, type Counts, closingLine, failureLines, NOTHING } from './counts.ts';
import { runLintSuite } from './lint-suite.ts';
import { hasTests, type MochaSuite, runMochaSuite } from './mocha-suite.ts';

// The time limits are there for what hangs. They are many times what tests take, since a busy machine takes many times as long.
const MOCHA_SUITES: readonly MochaSuite[] = [
  { name: 'unit', timeoutSeconds: 120, require: [] },
  { name: 'integration', timeoutSeconds: 120, require: [] },
  { name: 'chart', timeoutSeconds: 300, require: ['test/support/e2e-hooks.ts'] },
  { name: 'e2e', timeoutSeconds: 300, require: ['test/support/e2e-hooks.ts'] },
  { name: 'image', timeoutSeconds: 600, require: ['test/support/image-hooks.ts'] },
];

const SUITES: readonly string[] = ['lint', ...MOCHA_SUITES.map(({ name }) => name)];

async function runSuite(name: string, mochaOptions: readonly string[]): Promise<Counts> {
  if (name === 'lint') return runLintSuite();
  const suite = MOCHA_SUITES.find((candidate) => candidate.name === name);
  if (suite !== undefined && hasTests(suite)) return runMochaSuite(suite, mochaOptions);
  console.error(`test/${name} has no *.test.ts file.`);
  return { ...NOTHING, failures: [`test/${name} has no test`] };
}

async function runSuites(names: readonly string[], mochaOptions: readonly string[]): Promise<Counts> {
  let total = NOTHING;
  for (const name of names) {
    console.log(`\n=== ${name} ===`);
    const counts = await runSuite(name, mochaOptions);
    console.log(`${name}: ${closingLine(counts)}`);
    total = addCounts(total, {
      ...counts,
      failures: counts.failures.map((failure) => `${name}: ${failure}`),
    });
  }
  return total;
}

const args = process.argv.slice(2);
const firstOption = args.findIndex((arg) => arg.startsWith('-'));
const named = firstOption === -1 ? args : args.slice(0, firstOption);
const unknown = named.find((name) => !SUITES.includes(name));
if (unknown === undefined) {
  const total = await runSuites(named.length === 0 ? SUITES : named, args.slice(named.length));
  console.log(['', ...failureLines(total), closingLine(total)].join('\n'));
  process.exitCode = total.failures.length === 0 ? 0 : 1;
} else {
  console.error(`There is no test suite ${unknown}, but ${SUITES.join(', ')}.`);
  process.exitCode = 1;
}
