import { formatTable } from '../../src/commands/table.ts';
import type { PlannerCase, Size } from './case.ts';
import { type Optimum, optimumOf, readOptima, solvedCases } from './exact/optima.ts';
import { FAMILIES } from './families.ts';
import { generateCase } from './generator.ts';
import { type PlannerName, type Score, score } from './score.ts';
import { type SharedResult, sharedResults } from './shared-results.ts';
import { measureSpeed, type SpeedResult } from './speed.ts';
import { type Summary, summarize } from './summary.ts';
import { optimaTable, sharedTable, speedTable, summaryTable, type Table } from './tables.ts';

export type Extent = 'Short' | 'Full';

/** Seeds from 1. */
interface Round extends Size {
  readonly seeds: number;
  readonly planners: readonly PlannerName[];
}

const ALL: readonly PlannerName[] = ['Optimize', 'greedy', 'Cslb'];

/** The small size is the one with known optima. The greedy takes minutes for the largest. */
const ROUNDS: Readonly<Record<Extent, readonly Round[]>> = {
  Short: [
    { nodes: 6, guests: 40, seeds: 2, planners: ALL },
    { nodes: 16, guests: 400, seeds: 1, planners: ALL },
  ],
  Full: [
    { nodes: 2, guests: 10, seeds: 10, planners: ALL },
    { nodes: 6, guests: 40, seeds: 10, planners: ALL },
    { nodes: 16, guests: 400, seeds: 5, planners: ALL },
    { nodes: 40, guests: 1_000, seeds: 2, planners: ALL },
    { nodes: 100, guests: 10_000, seeds: 1, planners: ['Optimize'] },
  ],
};

export interface RoundResult extends Round {
  readonly summaries: readonly Summary[];
}

export interface BenchmarkResults {
  readonly rounds: readonly RoundResult[];
  /** Optimize on the cases that were solved exactly. */
  readonly solved: readonly Score[];
  readonly optima: ReadonlyMap<string, Optimum>;
  readonly shared: readonly SharedResult[];
  readonly speed: readonly SpeedResult[];
}

export async function runBenchmark(extent: Extent, tell: (what: string) => void): Promise<BenchmarkResults> {
  const optima = readOptima();
  const rounds = ROUNDS[extent].map((round) => {
    tell(`${round.nodes} nodes, ${round.guests} guests ...`);
    return { ...round, summaries: summarize(scoresOf(round), optima) };
  });
  tell('the cases solved exactly ...');
  const solved = solvedCases().map((each) => checked(each, optima));
  tell('the recorded cases ...');
  const shared = await sharedResults();
  tell('speed ...');
  const speed = extent === 'Full' ? measureSpeed() : measureSpeed(['equal', 'rules-broken']);
  return { rounds, solved, optima, shared, speed };
}

export async function printBenchmark(extent: Extent): Promise<void> {
  const results = await runBenchmark(extent, (what) => console.error(what));
  for (const { nodes, guests, seeds, summaries } of results.rounds) {
    print(`${nodes} nodes, ${guests} guests, seeds 1 to ${seeds}; costs in GiB`, summaryTable(summaries));
  }
  print('Optimize beside the proven optimum', optimaTable(results.solved, results.optima));
  print('The recorded cases, beside the greedy recorded with them', sharedTable(results.shared));
  print('Speed and peak memory, a process for each line', speedTable(results.speed));
}

function scoresOf({ seeds, planners, ...size }: Round): readonly Score[] {
  return FAMILIES.flatMap((family) =>
    planners.flatMap((planner) =>
      Array.from({ length: seeds }, (_, index) => score(generateCase(family, size, index + 1), planner)),
    ),
  );
}

/** A known optimum must be of the very case that is planned. */
function checked(plannerCase: PlannerCase, optima: ReadonlyMap<string, Optimum>): Score {
  optimumOf(plannerCase, optima);
  return score(plannerCase, 'Optimize');
}

function print(title: string, { columns, rows }: Table): void {
  console.log(`\n${title}\n`);
  for (const line of formatTable(columns, rows)) console.log(line);
}
