import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { type BenchmarkResults, runBenchmark } from './benchmark.ts';
import { FAMILIES } from './families.ts';
import { exactGap, meanOf } from './summary.ts';
import { optimaTable, sharedTable, speedTable, summaryTable, type Table } from './tables.ts';

const FILE = new URL('../../docs/benchmarks.md', import.meta.url);

/** Runs the full benchmark and writes docs/benchmarks.md. */
export async function writeBenchmarks(): Promise<void> {
  const results = await runBenchmark('Full', (what) => console.error(what));
  writeFileSync(FILE, documentOf(results));
}

function documentOf(results: BenchmarkResults): string {
  return `${[introduction(), method(), roundsOf(results), exactOf(results), sharedOf(results), speedOf(results)].join('\n\n')}\n`;
}

function introduction(): string {
  return `# Benchmarks of the planner

Written by \`npm run bench:planner -- --write\`; do not edit. \`npm run bench\` prints a short version in about a minute,
\`node bench/planner/main.ts --full\` all of it. Everything but the columns in milliseconds, seconds and MiB is the same on every
run and machine: the cases come from seeds, and the planner is deterministic. The times here are of a shared machine with
${availableParallelism()} cores and Node ${process.versions.node}; they tell orders of magnitude.`;
}

function method(): string {
  const families = FAMILIES.map(({ name, about }) => `| \`${name}\` | ${about} |`).join('\n');
  return `## Method

A case is made from a seed: nodes, guests with log-normal sizes, and a placement of them that is well within the tolerance and
satisfies all rules. Then it is disturbed, as its family says. So what is asked for is known to exist, though not that single
moves lead there. Tolerance is 10 points of used share for cpu and for memory, and the number of migrations is not limited.

| Family | |
| --- | --- |
${families}

Plans are judged by \`bench/planner/judge\`, which shares no code with the planner: it replays the migrations in their order on the
additive model, where a guest takes its memory and its busy CPUs along and nothing else changes.

| Column | Mean over the seeds, where it does not say otherwise |
| --- | --- |
| WITHIN | of how many seeds both spreads end within the tolerance |
| MOVES, GIB, DISK | migrations, memory moved, disks of one node copied |
| COST | GIB + DISK + 4 for each migration |
| MEM, CPU | spreads at the end, percentage points |
| UNMET | sum of violations of required rules and guests on drained nodes, before > after |
| WORSE | steps after which a required rule is worse than before; sum |
| OVER | steps to a target with too little room at that moment; sum |
| BAD | moves of guests that may not move, or to where they may not; sum |
| MS, MAX | one plan, median and slowest |
| GAP | by how much the cost exceeds that of the best placement known, in the cases solved exactly |

\`greedy\` descends steepest over both resources, repairs and drains first, counts a guest once and does not look at the order of
its steps. Where WITHIN is short of SEEDS, or something is left unmet, its cost is that of doing less. \`Cslb\` is run again on what its moves make of the
cluster, until it proposes nothing or was run 200 times (it may go on forever); it has another aim (deviation of weights) and
does not repair rules.`;
}

function roundsOf({ rounds }: BenchmarkResults): string {
  const parts = rounds.map(
    ({ nodes, guests, seeds, summaries }) =>
      `### ${nodes} nodes, ${guests} guests, ${seeds === 1 ? 'seed 1' : `seeds 1 to ${seeds}`}\n\n${markdown(summaryTable(summaries))}`,
  );
  return ['## Families', ...parts].join('\n\n');
}

function exactOf({ solved, optima }: BenchmarkResults): string {
  const gaps = solved.flatMap((each) => exactGap(each, optima.get(each.name)) ?? []);
  const toBound = solved.flatMap((each) => {
    const optimum = optima.get(each.name);
    const gap = exactGap(each, optimum);
    return gap === undefined || optimum?.cost === undefined
      ? []
      : [((1 + gap) * optimum.cost) / optimum.bound - 1];
  });
  const proven = solved.filter(({ name }) => optima.get(name)?.status === 'Optimal').length;
  const percent = (values: readonly number[]) => `${(100 * meanOf(values)).toFixed(2)} %`;
  return `## Beside the exact optimum

HiGHS solves the final placement as a mixed-integer program (\`bench/planner/exact\`): least cost, spreads within the tolerance, rules
satisfied, drained nodes empty, room at the end. The order of the moves and the room on the way are not part of it, so no plan
costs less than its bound. Of ${solved.length} cases ${proven} are proven optimal, to 0.1 %; in the others the time limit of 120 s came first. The
optima are kept in \`test/fixtures/planner/optima.json\`; \`node bench/planner/main.ts --solve\` finds them again, in about half an hour.

**Mean gap of Optimize: ${percent(gaps)} to the best known, ${percent(toBound)} to the proven bound**, over ${gaps.length} cases.

${markdown(optimaTable(solved, optima))}`;
}

function sharedOf({ shared }: BenchmarkResults): string {
  return `## Recorded cases

The 32 clusters of \`test/fixtures/planner\`, read and planned as \`cslb plan\` does, beside the result of a plain greedy that was
recorded with them. \`npm test\` holds Optimize to it.

${markdown(sharedTable(shared))}`;
}

function speedOf({ speed }: BenchmarkResults): string {
  return `## Speed and memory

Seed 1 of each family, planned five times in a process of its own; MAX is mostly the first, before the code is compiled. PEAK is the
resident memory of that process, CASE ALONE that of one which only makes the case (Node itself included).

${markdown(speedTable(speed))}`;
}

function markdown({ columns, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    line(columns.map(({ title }) => title)),
    line(columns.map(({ align }) => (align === 'right' ? '--:' : '---'))),
    ...rows.map(line),
  ].join('\n');
}
