// The planner's benchmark (docs/benchmarks.md):
//
//   node bench/planner/main.ts           the short one, about a minute
//   node bench/planner/main.ts --full    all sizes and seeds
//   node bench/planner/main.ts --write   the full one, into docs/benchmarks.md
//   node bench/planner/main.ts --solve   solves the small cases exactly again, into test/fixtures/planner/optima.json
//                                        [--seconds 120]: the time limit for each
import { parseArgs } from 'node:util';
import { printBenchmark } from './benchmark.ts';
import { writeBenchmarks } from './document.ts';
import { findOptimum, type Optimum, solvedCases, writeOptima } from './exact/optima.ts';

const { values } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    solve: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '120' },
  },
});

async function solveAll(timeLimitSeconds: number): Promise<void> {
  const optima: Optimum[] = [];
  for (const plannerCase of solvedCases()) {
    const optimum = await findOptimum(plannerCase, timeLimitSeconds);
    optima.push(optimum);
    console.log(JSON.stringify(optimum));
  }
  writeOptima(optima);
}

if (values.solve) await solveAll(Number(values.seconds));
else if (values.write) await writeBenchmarks();
else await printBenchmark(values.full ? 'Full' : 'Short');
