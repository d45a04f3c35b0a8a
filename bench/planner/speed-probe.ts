// Plans one case in a process of its own, so that its peak memory can be told, and prints what it took as JSON:
//
//   node bench/planner/speed-probe.ts FAMILY NODES GUESTS SEED RUNS
//
// With 0 runs the case is only made.
import { existsSync, readFileSync } from 'node:fs';
import { makePlan } from '../../src/balancing/planner.ts';
import { findFamily } from './families.ts';
import { generateCase } from './generator.ts';
import { judge } from './judge/verdict.ts';
import { isWithinTolerance } from './score.ts';

const [name = '', ...numbers] = process.argv.slice(2);
const [nodes = 0, guests = 0, seed = 1, runs = 1] = numbers.map(Number);
const plannerCase = generateCase(findFamily(name), { nodes, guests }, seed);
const durations: number[] = [];
let plan: ReturnType<typeof makePlan> | undefined;
for (let run = 0; run < runs; run += 1) {
  const began = performance.now();
  plan = makePlan(plannerCase.cluster, plannerCase.settings);
  durations.push(performance.now() - began);
}
// Before the judge takes its own.
const peakMib = peakKib() / 1_024;
const verdict = judge(plannerCase.cluster, plannerCase.settings, plan?.migrations ?? []);
console.log(
  JSON.stringify({
    durations,
    peakMib,
    moves: verdict.moves,
    withinTolerance: isWithinTolerance(plannerCase, verdict),
  }),
);

/** On Linux `maxRSS` is at least that of the process which started this one; the kernel's own mark is not. */
function peakKib(): number {
  const status = existsSync('/proc/self/status') ? readFileSync('/proc/self/status', 'utf8') : '';
  const [, mark] = /^VmHWM:\s+(\d+) kB$/m.exec(status) ?? [];
  return mark === undefined ? process.resourceUsage().maxRSS : Number(mark);
}
