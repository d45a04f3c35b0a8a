import type { Optimum } from './exact/optima.ts';
import type { PlannerName, Score } from './score.ts';

/** What one planner reaches over the seeds of one family; costs in GiB, spreads in percentage points. */
export interface Summary {
  readonly family: string;
  readonly planner: PlannerName;
  readonly seeds: number;
  readonly withinTolerance: number;
  readonly moves: number;
  readonly memoryGib: number;
  readonly localGib: number;
  readonly cost: number;
  readonly memorySpread: number;
  readonly cpuSpread: number;
  /** Violations of rules and guests left on drained nodes, before and after. */
  readonly unmet: { readonly before: number; readonly after: number };
  /** Steps after which a rule is worse, steps over room, moves that are not allowed. */
  readonly worsened: number;
  readonly overRoom: number;
  readonly forbidden: number;
  readonly medianMs: number;
  readonly mostMs: number;
  /**
   * By how much it costs more than the best known placement, as a fraction, on average over the cases solved exactly in which it
   * does what is asked; undefined where there are none.
   */
  readonly exactGap: number | undefined;
}

const GIB = 2 ** 30;

/** In the order in which families and planners first appear. */
export function summarize(
  scores: readonly Score[],
  optima: ReadonlyMap<string, Optimum>,
): readonly Summary[] {
  const groups = Map.groupBy(scores, ({ family, planner }) => `${family}/${planner}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    return first === undefined ? [] : [summaryOf(first, group, optima)];
  });
}

function summaryOf(
  { family, planner }: Score,
  scores: readonly Score[],
  optima: ReadonlyMap<string, Optimum>,
): Summary {
  const mean = (value: (score: Score) => number) => meanOf(scores.map(value));
  const total = (value: (score: Score) => number) => mean(value) * scores.length;
  const durations = scores.map(({ milliseconds }) => milliseconds);
  const gaps = scores.flatMap((each) => exactGap(each, optima.get(each.name)) ?? []);
  return {
    family,
    planner,
    seeds: scores.length,
    withinTolerance: scores.filter((each) => each.withinTolerance).length,
    moves: mean(({ verdict }) => verdict.moves),
    memoryGib: mean(({ verdict }) => verdict.memoryBytes) / GIB,
    localGib: mean(({ verdict }) => verdict.localBytes) / GIB,
    cost: mean(({ verdict }) => verdict.costBytes) / GIB,
    memorySpread: 100 * mean(({ verdict }) => verdict.spreads.after.memory),
    cpuSpread: 100 * mean(({ verdict }) => verdict.spreads.after.cpu),
    unmet: {
      before: total(({ verdict }) => verdict.violations.before + verdict.undrained.before),
      after: total(({ verdict }) => verdict.violations.after + verdict.undrained.after),
    },
    worsened: total(({ verdict }) => verdict.worsened.length),
    overRoom: total(({ verdict }) => verdict.overRoom.length),
    forbidden: total(({ verdict }) => verdict.forbidden.length),
    medianMs: medianOf(durations),
    mostMs: Math.max(...durations),
    exactGap: gaps.length === 0 ? undefined : meanOf(gaps),
  };
}

/** Undefined for a plan that does not do what is asked, which may well cost less. */
export function exactGap(
  { verdict, withinTolerance }: Score,
  optimum: Optimum | undefined,
): number | undefined {
  if (optimum?.cost === undefined || !withinTolerance) return undefined;
  if (verdict.violations.after + verdict.undrained.after > 0) return undefined;
  return verdict.costBytes / GIB / optimum.cost - 1;
}

export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function medianOf(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? 0;
}
