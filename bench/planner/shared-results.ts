import { evaluate } from '../../src/controllers/balance-policy/evaluate.ts';
import { type Score, scoreSteps } from './score.ts';
import { readSharedCases, type SharedCase } from './shared-cases.ts';
import { meanOf, medianOf } from './summary.ts';

/** Optimize on the recorded cases of one family, beside the greedy that was recorded with them. */
export interface SharedResult {
  readonly family: string;
  readonly cases: number;
  readonly withinTolerance: number;
  readonly greedyWithinTolerance: number;
  readonly moves: number;
  readonly greedyMoves: number;
  readonly cost: number;
  readonly greedyCost: number;
  /** Violations left. */
  readonly unmet: number;
  readonly greedyUnmet: number;
  readonly worsened: number;
  readonly overRoom: number;
  readonly forbidden: number;
  readonly medianMs: number;
  readonly mostMs: number;
}

const GIB = 2 ** 30;

/** The time limit of a plan is never reached: results must not depend on the machine. */
const STOPPED_CLOCK = { monotonic: () => 0 };

/** As `cslb plan` does: each guest that a plan wants to move is looked at, and planned again. */
export async function scoreSharedCase(shared: SharedCase): Promise<Score> {
  const began = performance.now();
  const { migrations } = await evaluate(shared.cluster, shared.settings, shared.examine, STOPPED_CLOCK);
  return scoreSteps(shared, 'Optimize', migrations, performance.now() - began, shared.localBytes);
}

export async function sharedResults(): Promise<readonly SharedResult[]> {
  const cases = await readSharedCases();
  const families = Map.groupBy(cases, ({ family }) => family);
  const results: SharedResult[] = [];
  for (const [family, group] of families) {
    const scores: Score[] = [];
    for (const shared of group) scores.push(await scoreSharedCase(shared));
    results.push(resultOf(family, group, scores));
  }
  return results;
}

function resultOf(family: string, cases: readonly SharedCase[], scores: readonly Score[]): SharedResult {
  const references = cases.map(({ greedyReference }) => greedyReference);
  const count = (value: (score: Score) => number) => scores.reduce((sum, each) => sum + value(each), 0);
  const durations = scores.map(({ milliseconds }) => milliseconds);
  return {
    family,
    cases: cases.length,
    withinTolerance: scores.filter(({ withinTolerance }) => withinTolerance).length,
    greedyWithinTolerance: references.filter(
      ({ memorySpread, cpuSpread }, index) =>
        Math.max(memorySpread, cpuSpread) <= 100 * (cases[index]?.settings.tolerance ?? 0),
    ).length,
    moves: meanOf(scores.map(({ verdict }) => verdict.moves)),
    greedyMoves: meanOf(references.map(({ moves }) => moves)),
    cost: meanOf(scores.map(({ verdict }) => verdict.costBytes / GIB)),
    greedyCost: meanOf(references.map(({ cost }) => cost)),
    unmet: count(({ verdict }) => verdict.violations.after),
    greedyUnmet: references.reduce((sum, { violations }) => sum + violations, 0),
    worsened: count(({ verdict }) => verdict.worsened.length),
    overRoom: count(({ verdict }) => verdict.overRoom.length),
    forbidden: count(({ verdict }) => verdict.forbidden.length),
    medianMs: medianOf(durations),
    mostMs: Math.max(...durations),
  };
}
