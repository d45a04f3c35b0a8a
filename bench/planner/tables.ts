import type { Column } from '../../src/commands/table.ts';
import type { Optimum } from './exact/optima.ts';
import type { Score } from './score.ts';
import type { SharedResult } from './shared-results.ts';
import type { SpeedResult } from './speed.ts';
import { exactGap, type Summary } from './summary.ts';

/** A table for a terminal or a document. */
export interface Table {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly string[])[];
}

const right = (title: string): Column => ({ title, align: 'right' });
const GIB = 2 ** 30;

export function summaryTable(summaries: readonly Summary[]): Table {
  const columns = [
    { title: 'FAMILY' },
    { title: 'PLANNER' },
    ...[
      'SEEDS',
      'WITHIN',
      'MOVES',
      'GIB',
      'DISK',
      'COST',
      'MEM',
      'CPU',
      'UNMET',
      'WORSE',
      'OVER',
      'BAD',
      'MS',
      'MAX',
      'GAP',
    ].map(right),
  ];
  const rows = summaries.map((each) => [
    each.family,
    each.planner,
    String(each.seeds),
    String(each.withinTolerance),
    each.moves.toFixed(1),
    each.memoryGib.toFixed(0),
    each.localGib.toFixed(0),
    each.cost.toFixed(1),
    each.memorySpread.toFixed(1),
    each.cpuSpread.toFixed(1),
    each.unmet.before === 0 && each.unmet.after === 0
      ? '-'
      : `${Math.round(each.unmet.before)}>${Math.round(each.unmet.after)}`,
    String(Math.round(each.worsened)),
    String(Math.round(each.overRoom)),
    String(Math.round(each.forbidden)),
    each.medianMs.toFixed(0),
    each.mostMs.toFixed(0),
    each.exactGap === undefined ? '-' : percent(each.exactGap),
  ]);
  return { columns, rows };
}

/** What is proven of each case that was solved, and what Optimize costs there. */
export function optimaTable(scores: readonly Score[], optima: ReadonlyMap<string, Optimum>): Table {
  const columns = [
    { title: 'CASE' },
    { title: 'STATUS' },
    ...['SECONDS', 'BOUND', 'BEST', 'OPTIMIZE', 'GAP', 'GAP TO BOUND'].map(right),
  ];
  const rows = scores.flatMap((each) => {
    const optimum = optima.get(each.name);
    if (optimum === undefined) return [];
    const cost = each.verdict.costBytes / GIB;
    const gap = exactGap(each, optimum);
    return [
      [
        each.name,
        optimum.status === 'Optimal' ? 'optimal' : 'time limit',
        String(optimum.seconds),
        optimum.bound.toFixed(1),
        optimum.cost?.toFixed(1) ?? '-',
        cost.toFixed(1),
        gap === undefined ? '-' : percent(gap),
        gap === undefined ? '-' : percent(cost / optimum.bound - 1),
      ],
    ];
  });
  return { columns, rows };
}

export function sharedTable(results: readonly SharedResult[]): Table {
  const columns = [
    { title: 'FAMILY' },
    ...[
      'CASES',
      'WITHIN',
      'GREEDY WITHIN',
      'MOVES',
      'GREEDY',
      'COST',
      'GREEDY',
      'UNMET',
      'GREEDY',
      'WORSE',
      'OVER',
      'BAD',
      'MS',
      'MAX',
    ].map(right),
  ];
  const rows = results.map((each) => [
    each.family,
    String(each.cases),
    String(each.withinTolerance),
    String(each.greedyWithinTolerance),
    each.moves.toFixed(1),
    each.greedyMoves.toFixed(1),
    each.cost.toFixed(1),
    each.greedyCost.toFixed(1),
    String(each.unmet),
    String(each.greedyUnmet),
    String(each.worsened),
    String(each.overRoom),
    String(each.forbidden),
    each.medianMs.toFixed(0),
    each.mostMs.toFixed(0),
  ]);
  return { columns, rows };
}

export function speedTable(results: readonly SpeedResult[]): Table {
  const columns = [
    { title: 'SIZE' },
    { title: 'FAMILY' },
    ...['MOVES', 'WITHIN', 'MEDIAN MS', 'MAX MS', 'GOAL MS', 'PEAK MIB', 'CASE ALONE'].map(right),
  ];
  const rows = results.map((each) => [
    `${each.nodes} x ${each.guests}`,
    each.family,
    String(each.moves),
    each.withinTolerance ? 'yes' : 'no',
    each.medianMs.toFixed(0),
    each.mostMs.toFixed(0),
    `< ${each.goalMs}`,
    each.peakMib.toFixed(0),
    each.caseMib.toFixed(0),
  ]);
  return { columns, rows };
}

function percent(fraction: number): string {
  // Costs are kept to a thousandth: what is below is no difference, and `-0.0` looks like one.
  const percentage = 100 * fraction;
  return `${(Math.abs(percentage) < 0.05 ? 0 : percentage).toFixed(1)} %`;
}
