import { stripVTControlCharacters } from 'node:util';
import type {
  BalancePolicyStatus,
  HistoryEntry,
  MigrationEntry,
  NodeEntry,
} from '../../src/api/generated/balance-policy.ts';
import type { Format, Style } from '../../src/commands/style.ts';
import { type Column, formatTable, printable, wrapText } from '../../src/commands/table.ts';
import { findCondition } from '../../src/controllers/conditions.ts';
import { bar, markedBar } from './bar.ts';
import { durationOf } from './migration-history.ts';
import type { Observation } from './observation.ts';

export interface DashboardSize {
  readonly columns: number;
  readonly rows: number;
}

const NODE_COLUMNS: readonly Column[] = [
  { title: 'NODE' },
  { title: 'ROLE' },
  { title: 'LOAD' },
  { title: 'WEIGHT', align: 'right' },
  { title: 'CPU', align: 'right' },
  { title: 'MEMORY', align: 'right' },
  { title: 'GUESTS', align: 'right' },
];
const MIGRATION_COLUMNS: readonly Column[] = [
  { title: 'GUEST' },
  { title: 'NAME' },
  { title: 'MIGRATION' },
  { title: 'MEMORY', align: 'right' },
  { title: 'STATE' },
];
const LEAST_BAR = 8;
/** Bars do not change their length when the first node becomes neutral. */
const USUAL_ROLE = 'Neutral'.length;
const LONGEST_BAR = 60;
const PROGRESS_WIDTH = 16;
const LONGEST_NAME = 20;

/**
 * The nodes' loads and the migrations as the status of the policy tells them. The lines fit a size of 76 columns and as
 * many rows as there are nodes and nine more, where names are short.
 */
export function dashboard(
  { policy, imbalances, largestWeight }: Observation,
  size: DashboardSize,
  style: Style,
): string[] {
  const status: BalancePolicyStatus = policy.status ?? {};
  const above = [
    ...nodeLines(status, largestWeight, size.columns, style),
    '',
    ...imbalanceLines(status, imbalances, size.columns, style),
  ];
  return [...above, ...migrationLines(status, size.rows - above.length, style)];
}

const ROLE_FORMATS: Readonly<Partial<Record<NodeEntry['role'], Format>>> = {
  Overloaded: 'red',
  Source: 'yellow',
  Target: 'green',
  Unknown: 'red',
};

function nodeLines(
  { nodes = [], imbalance }: BalancePolicyStatus,
  largestWeight: number,
  columns: number,
  style: Style,
): string[] {
  const mean = Number(imbalance?.mean ?? 0) / largestWeight;
  const table = (width: number) =>
    formatTable(
      NODE_COLUMNS,
      nodes.map(({ name, weight, cpu, memory, guests, role }) => {
        const format = ROLE_FORMATS[role] ?? 'cyan';
        const share = role === 'Overloaded' ? 1 : (weight ?? 0) / largestWeight;
        return [
          printable(name, LONGEST_NAME),
          style(format, role.padEnd(USUAL_ROLE)),
          style(format, markedBar(share, mean, width)),
          weight === undefined ? '-' : String(weight),
          cpu ?? '-',
          memory ?? '-',
          String(guests),
        ];
      }),
    );
  const narrow = table(LEAST_BAR).map((line) => stripVTControlCharacters(line).length);
  const spare = columns - 1 - Math.max(...narrow);
  return withBoldTitles(table(Math.max(LEAST_BAR, Math.min(LONGEST_BAR, LEAST_BAR + spare))), style);
}

function imbalanceLines(
  { conditions, imbalance }: BalancePolicyStatus,
  imbalances: readonly string[],
  columns: number,
  style: Style,
): string[] {
  const balanced = findCondition(conditions, 'Balanced');
  const course = imbalances.length === 0 ? 'not known yet' : imbalances.slice(-6).join(' → ');
  const tolerance = imbalance === undefined ? '' : `, tolerated ${imbalance.tolerance}`;
  const state = balanced?.status ?? 'Unknown';
  const label = `Balanced   ${state}  `;
  const indent = ' '.repeat(label.length);
  const said = wrapText(printable(balanced?.message ?? ''), columns - 1, indent);
  const [first = '', second = ''] = said.map((line) => style('dim', line.trim()));
  return [
    `Imbalance  ${style('bold', course)}${tolerance}`,
    `Balanced   ${style(state === 'True' ? 'green' : 'yellow', state)}  ${first}`,
    // Always there, so that what is below does not jump.
    `${indent}${second}`.trimEnd(),
  ];
}

function migrationLines(
  { migrations = [], history = [] }: BalancePolicyStatus,
  rows: number,
  style: Style,
): string[] {
  const all = [
    ...migrations.map((entry) => [...namesOf(entry), progressOf(entry, style)]),
    ...history.map((entry) => [...namesOf(entry), outcomeOf(entry, style)]),
  ];
  if (all.length === 0) return [];
  const room = Math.max(2, rows - 1);
  const shown = all.length <= room ? all : all.slice(0, room - 1);
  const hidden = all.length - shown.length;
  return [
    ...withBoldTitles(formatTable(MIGRATION_COLUMNS, shown), style),
    ...(hidden > 0 ? [style('dim', `and ${hidden} earlier`)] : []),
  ];
}

function namesOf({ type, vmid, name, source, target, memory }: MigrationEntry | HistoryEntry): string[] {
  return [`${type}/${vmid}`, printable(name, LONGEST_NAME), `${source} → ${target}`, memory ?? ''];
}

function progressOf({ state, progress }: MigrationEntry, style: Style): string {
  const share = Number.parseInt(progress ?? '', 10) / 100;
  if (state !== 'Running' || Number.isNaN(share)) return style('yellow', state);
  return `${style('yellow', bar(share, PROGRESS_WIDTH))} ${progress}`;
}

function outcomeOf(entry: HistoryEntry, style: Style): string {
  return `${style(entry.outcome === 'Succeeded' ? 'green' : 'red', entry.outcome)} ${style('dim', durationOf(entry))}`;
}

function withBoldTitles([titles = '', ...rows]: readonly string[], style: Style): string[] {
  return [style('bold', titles), ...rows];
}
