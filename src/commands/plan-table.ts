import type { Imbalance, NodeAssessment, NodeRole, Plan, PlannedMigration } from '../balancing/plan.ts';
import { formatBytes } from '../lib/bytes.ts';
import { someOf } from '../lib/listing.ts';
import { percentText } from '../lib/percent.ts';
import type { Format, Style } from './style.ts';
import { formatTable, printable, wrapText } from './table.ts';

const WIDTH = 80;
const LONGEST_NAME = 20;

/**
 * A plan for people, in 80 columns where names allow it. The last sentence says whether it is balanced and what would
 * happen.
 */
export function formatPlan(plan: Plan, notes: readonly string[], style: Style): string {
  const paragraphs = [
    nodeLines(plan.nodes, style),
    plan.migrations.length > 0 ? migrationLines(plan.migrations, style) : [],
    plan.skipped.length > 0 ? skippedLines(plan) : [],
    notes.flatMap((note) => wrapText(printable(note), WIDTH)),
    wrapText(verdict(plan, style), WIDTH),
  ];
  return paragraphs
    .filter((lines) => lines.length > 0)
    .map((lines) => `${lines.join('\n')}\n`)
    .join('\n');
}

function nodeLines(nodes: readonly NodeAssessment[], style: Style): string[] {
  return withBoldTitles(
    formatTable(
      [
        { title: 'NODE' },
        { title: 'ROLE' },
        { title: 'WEIGHT', align: 'right' },
        { title: 'CPU', align: 'right' },
        { title: 'MEMORY', align: 'right' },
        { title: 'GUESTS', align: 'right' },
      ],
      nodes.map(({ name, role, weight, cpuUsedShare, memoryUsedShare, guests }) => [
        printable(name, 63),
        styledRole(role, style),
        weight === undefined ? '-' : String(weight),
        percent(cpuUsedShare),
        percent(memoryUsedShare),
        String(guests),
      ]),
    ),
    style,
  );
}

const ROLE_FORMATS: Readonly<Partial<Record<NodeRole, Format>>> = {
  Overloaded: 'red',
  Source: 'yellow',
  Target: 'green',
  Unknown: 'red',
};

function styledRole(role: NodeRole, style: Style): string {
  const format = ROLE_FORMATS[role];
  return format === undefined ? role : style(format, role);
}

/** Each migration with its reason below it. */
function migrationLines(migrations: readonly PlannedMigration[], style: Style): string[] {
  const [titles = '', ...rows] = formatTable(
    [
      { title: '#', align: 'right' },
      { title: 'GUEST' },
      { title: 'NAME' },
      { title: 'FROM' },
      { title: 'TO' },
      { title: 'MEMORY', align: 'right' },
    ],
    migrations.map(({ vmid, type, name, source, target, memoryBytes, companions }, index) => [
      String(index + 1),
      `${type}/${vmid}`,
      printable(name, LONGEST_NAME),
      source,
      target,
      formatBytes(companions.reduce((sum, each) => sum + each.memoryBytes, memoryBytes)),
    ]),
  );
  const indent = ' '.repeat(String(migrations.length).length + 2);
  const entries = rows.flatMap((row, index) => [
    row,
    ...wrapText(explanation(migrations[index]), WIDTH, indent).map((line) => style('dim', line)),
  ]);
  return [style('bold', titles), ...entries];
}

function explanation(migration: PlannedMigration | undefined): string {
  if (migration === undefined) return '';
  const { companions, reason } = migration;
  if (companions.length === 0) return reason;
  const named = companions.map(({ type, vmid, name }) => `${type}/${vmid} ${printable(name, LONGEST_NAME)}`);
  return `${reason}; HA moves ${someOf(named)} along`;
}

function skippedLines({ skipped }: Plan): string[] {
  const counts = new Map<string, number>();
  for (const { reason } of skipped) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const rows = [...counts]
    .sort(([leftReason, left], [rightReason, right]) => right - left || (leftReason < rightReason ? -1 : 1))
    .map(([reason, count]) => ({ reason, count: String(count) }));
  const width = Math.max(...rows.map(({ count }) => count.length));
  return [
    `${count(skipped.length, 'guest')} may not move (which ones: --output json):`,
    ...rows.flatMap(({ reason, count }) => {
      const indent = ' '.repeat(width + 4);
      const [first = '', ...rest] = wrapText(printable(reason), WIDTH, indent);
      return [`  ${count.padStart(width)}  ${first.trimStart()}`, ...rest];
    }),
  ];
}

function verdict(plan: Plan, style: Style): string {
  const nothing = 'nothing would be migrated';
  if (plan.undecided !== undefined) {
    return `${style('red', 'Cannot be judged')}: too few online nodes are known; ${nothing}.`;
  }
  const { value, tolerance, resources } = plan.imbalance;
  const outlook =
    plan.migrations.length === 0
      ? nothing
      : `${count(plan.migrations.length, 'migration')} ${outcome(plan.imbalance, plan.predicted)}`;
  const found =
    value === undefined
      ? 'fewer than two nodes take part'
      : `${imbalanceWords(plan.imbalance)}, tolerance ${trimmedPercent(tolerance)}`;
  if (plan.balanced) return `${style('green', 'Balanced')}: ${found}; ${nothing}.`;
  const unmet = plan.unmet.before > 0 && resources.length > 0 && (value ?? 0) <= tolerance;
  return `${style('yellow', unmet ? 'Not as required' : 'Not balanced')}: ${found}; ${outlook}.`;
}

/** `imbalance 70.7%`, or of a plan that looks at each resource `spread cpu 12.0%, memory 4.1%`. */
function imbalanceWords({ value, resources }: Imbalance): string {
  if (resources.length === 0) return `imbalance ${percent(value)}`;
  return `spread ${spreads(resources)}`;
}

function spreads(resources: Imbalance['resources']): string {
  return resources.map(({ name, spread }) => `${name} ${percent(spread)}`).join(', ');
}

function outcome(before: Imbalance, after: Imbalance): string {
  const verb = (after.value ?? 0) < (before.value ?? 0) ? 'would bring it to' : 'would make it';
  return `${verb} ${after.resources.length === 0 ? percent(after.value) : spreads(after.resources)}`;
}

function withBoldTitles([titles = '', ...rows]: readonly string[], style: Style): string[] {
  return [style('bold', titles), ...rows];
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function percent(share: number | undefined): string {
  return share === undefined ? '-' : percentText(share);
}

/** A percentage as the policy has it. */
function trimmedPercent(share: number): string {
  return `${Number((share * 100).toFixed(2))}%`;
}
