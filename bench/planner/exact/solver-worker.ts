import { parentPort, workerData } from 'node:worker_threads';
import * as highsModule from 'highs';
import type { Problem } from './problem.ts';

/** What the worker is given, and what it answers. */
export interface SolverTask {
  readonly problem: Problem;
  readonly timeLimitSeconds: number;
  /** At which distance to the proven bound a solution is good enough. */
  readonly relativeGap: number;
  /** A solution to begin with, as the variables that are 1. */
  readonly start: readonly number[] | undefined;
}

export interface SolverAnswer {
  readonly status: 'Optimal' | 'TimeLimit' | 'Infeasible';
  /** No solution costs less. */
  readonly bound: number;
  /** Of the best solution found. */
  readonly cost: number | undefined;
  /** The binary variables that are 1 in it. */
  readonly chosen: readonly number[];
}

/** The part of HiGHS' interface used here: its own types are a default export that Node's module rules do not resolve. */
interface Highs {
  readonly infinity: number;
  readonly constants: { readonly modelStatus: { readonly optimal: number; readonly infeasible: number } };
  withModel<Result>(data: object, use: (model: HighsModel) => Result): Result;
}

interface HighsModel {
  readonly options: { set(values: Readonly<Record<string, unknown>>): void };
  readonly info: { get(name: string): number };
  setSolution(solution: { readonly colValue: Float64Array }): void;
  run(): void;
  getModelStatus(): number;
  getSolution(): { readonly colValue: ArrayLike<number> };
}

async function loadHighs(): Promise<Highs> {
  const { default: load } = highsModule as unknown as { default: () => Promise<Highs> };
  return load();
}

function modelData({ costs, lower, upper, integer, rows }: Problem, infinity: number): object {
  const bounded = (values: readonly number[]) =>
    Float64Array.from(values, (value) => (Number.isFinite(value) ? value : Math.sign(value) * infinity));
  const starts = [0];
  for (const { terms } of rows) starts.push((starts.at(-1) ?? 0) + terms.length);
  return {
    numCols: costs.length,
    numRows: rows.length,
    colCost: Float64Array.from(costs),
    colLower: bounded(lower),
    colUpper: bounded(upper),
    rowLower: bounded(rows.map(({ least }) => least)),
    rowUpper: bounded(rows.map(({ most }) => most)),
    integrality: Int32Array.from(integer, (whole) => (whole ? 1 : 0)),
    matrix: {
      format: 'csr',
      numRows: rows.length,
      numCols: costs.length,
      starts: Int32Array.from(starts),
      indices: Int32Array.from(rows.flatMap(({ terms }) => terms.map(([variable]) => variable))),
      values: Float64Array.from(rows.flatMap(({ terms }) => terms.map(([, factor]) => factor))),
    },
  };
}

function solve(highs: Highs, task: SolverTask): SolverAnswer {
  const { problem, timeLimitSeconds, relativeGap } = task;
  return highs.withModel(modelData(problem, highs.infinity), (model) => {
    model.options.set({
      output_flag: false,
      time_limit: timeLimitSeconds,
      mip_rel_gap: relativeGap,
      random_seed: 1,
    });
    if (task.start) {
      const ones = new Set(task.start);
      model.setSolution({
        colValue: Float64Array.from(problem.costs, (_, variable) => (ones.has(variable) ? 1 : 0)),
      });
    }
    model.run();
    const status = model.getModelStatus();
    const { modelStatus } = highs.constants;
    if (status === modelStatus.infeasible) {
      return { status: 'Infeasible', bound: Number.POSITIVE_INFINITY, cost: undefined, chosen: [] };
    }
    const bound = model.info.get('mip_dual_bound');
    const found = model.info.get('primal_solution_status') === 2;
    const values = found ? Array.from(model.getSolution().colValue) : [];
    return {
      status: status === modelStatus.optimal ? 'Optimal' : 'TimeLimit',
      bound,
      cost: found ? model.info.get('objective_function_value') : undefined,
      chosen: values.flatMap((value, variable) =>
        problem.integer[variable] && value > 0.5 ? [variable] : [],
      ),
    };
  });
}

const task: SolverTask = workerData;
parentPort?.postMessage(solve(await loadHighs(), task));
