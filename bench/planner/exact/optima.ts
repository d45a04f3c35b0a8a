import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { makePlan } from '../../../src/balancing/planner.ts';
import type { PlannerCase } from '../case.ts';
import { FAMILIES } from '../families.ts';
import { generateCase } from '../generator.ts';
import { leastCostProblem } from './least-cost-problem.ts';
import { solve } from './solve.ts';

/** What HiGHS has found and proven for a case; costs in GiB. */
export interface Optimum {
  readonly name: string;
  /** Names the problem, so that an optimum is not taken for that of another case. */
  readonly problem: string;
  readonly status: 'Optimal' | 'TimeLimit' | 'Infeasible';
  /** Proven: nothing costs less. */
  readonly bound: number;
  /** Of the best placement found; undefined when there was none. */
  readonly cost: number | undefined;
  readonly seconds: number;
}

/** Every family with these sizes and seeds. */
const SOLVED = [
  { nodes: 4, guests: 20, seeds: [1, 2] },
  { nodes: 6, guests: 40, seeds: [1, 2] },
] as const;

/** At which distance to its bound a placement counts as optimal. */
const RELATIVE_GAP = 0.001;
const FILE = new URL('../../../test/fixtures/planner/optima.json', import.meta.url);

export function solvedCases(): readonly PlannerCase[] {
  return SOLVED.flatMap(({ seeds, ...size }) =>
    FAMILIES.flatMap((family) => seeds.map((seed) => generateCase(family, size, seed))),
  );
}

/** Solves the cases in a thread of their own, the plan of Optimize being where the solver begins. */
export async function findOptimum(plannerCase: PlannerCase, timeLimitSeconds: number): Promise<Optimum> {
  const { cluster, settings, name } = plannerCase;
  const { problem, variablesOf } = leastCostProblem(plannerCase);
  const { migrations } = makePlan(cluster, settings);
  const began = performance.now();
  const answer = await solve({
    problem,
    timeLimitSeconds,
    relativeGap: RELATIVE_GAP,
    start: variablesOf(migrations),
  });
  return {
    name,
    problem: hashOf(problem),
    status: answer.status,
    bound: round(answer.bound),
    cost: answer.cost === undefined ? undefined : round(answer.cost),
    seconds: Math.round((performance.now() - began) / 1_000),
  };
}

export function writeOptima(optima: readonly Optimum[]): void {
  const lines = optima.map((optimum) => `  ${JSON.stringify(optimum)}`);
  writeFileSync(FILE, `[\n${lines.join(',\n')}\n]\n`);
}

/** By the name of their case. */
export function readOptima(): ReadonlyMap<string, Optimum> {
  const optima: readonly Optimum[] = JSON.parse(readFileSync(FILE, 'utf8'));
  return new Map(optima.map((optimum) => [optimum.name, optimum]));
}

/** The known optimum of a case; throws where the case is no longer the one that was solved. */
export function optimumOf(
  plannerCase: PlannerCase,
  optima: ReadonlyMap<string, Optimum>,
): Optimum | undefined {
  const optimum = optima.get(plannerCase.name);
  if (optimum !== undefined && optimum.problem !== hashOf(leastCostProblem(plannerCase).problem)) {
    throw new Error(
      `The optimum of ${plannerCase.name} is of another problem: run \`node bench/planner/main.ts --solve\`.`,
    );
  }
  return optimum;
}

function hashOf(problem: object): string {
  return createHash('sha256').update(JSON.stringify(problem)).digest('hex').slice(0, 16);
}

/** To a MiB or so. */
function round(gib: number): number {
  return Math.round(gib * 1_000) / 1_000;
}
