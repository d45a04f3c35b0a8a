// Runs test suites: all of them, or those named.
//
//   node scripts/test.ts [lint] [unit] [integration] [e2e] [MOCHA OPTION ...]
//
// The last line it prints is "N passed, N failed, N skipped" over all of them, and it exits with 1 where any failed.
// With mocha options (such as --grep) a suite in which nothing matches still fails: name the suite too.
import { addCounts, type Counts, closingLine, NOTHING } from './counts.ts';
import { runLintSuite } from './lint-suite.ts';
import { hasTests, type MochaSuite, runMochaSuite } from './mocha-suite.ts';

const MOCHA_SUITES: readonly MochaSuite[] = [
  { name: 'unit', timeoutSeconds: 20, require: [] },
  { name: 'integration', timeoutSeconds: 60, require: [] },
  { name: 'e2e', timeoutSeconds: 180, require: ['test/support/e2e-hooks.ts'] },
];

function selectSuites(names: readonly string[]): readonly string[] {
  const all = ['lint', ...MOCHA_SUITES.map(({ name }) => name)];
  const unknown = names.find((name) => !all.includes(name));
  if (unknown !== undefined) throw new Error(`No test suite ${unknown}: there are ${all.join(', ')}.`);
  return names.length === 0 ? all : all.filter((name) => names.includes(name));
}

async function runSuite(name: string, mochaOptions: readonly string[]): Promise<Counts> {
  if (name === 'lint') return runLintSuite();
  const suite = MOCHA_SUITES.find((candidate) => candidate.name === name);
  if (suite !== undefined && hasTests(suite)) return runMochaSuite(suite, mochaOptions);
  console.error(`test/${name} has no *.test.ts file.`);
  return { ...NOTHING, failed: 1 };
}

const args = process.argv.slice(2);
const firstOption = args.findIndex((arg) => arg.startsWith('-'));
const split = firstOption === -1 ? args.length : firstOption;

let total = NOTHING;
for (const name of selectSuites(args.slice(0, split))) {
  console.log(`\n=== ${name} ===`);
  const counts = await runSuite(name, args.slice(split));
  console.log(`${name}: ${closingLine(counts)}`);
  total = addCounts(total, counts);
}
console.log(`\n${closingLine(total)}`);
process.exitCode = total.failed === 0 ? 0 : 1;
