import type { HistoryEntry } from '../../src/api/generated/balance-policy.ts';
import { formatTable, printable } from '../../src/commands/table.ts';
import { formatDuration } from '../../src/lib/duration.ts';

const LONGEST_NAME = 20;

/** The migrations as a table, oldest first. */
export function historyTable(history: readonly HistoryEntry[]): string[] {
  return formatTable(
    [
      { title: '#', align: 'right' },
      { title: 'GUEST' },
      { title: 'NAME' },
      { title: 'FROM' },
      { title: 'TO' },
      { title: 'MEMORY', align: 'right' },
      { title: 'TOOK', align: 'right' },
      { title: 'OUTCOME' },
    ],
    history
      .toReversed()
      .map((entry, index) => [
        String(index + 1),
        `${entry.type}/${entry.vmid}`,
        printable(entry.name, LONGEST_NAME),
        entry.source,
        entry.target,
        entry.memory ?? '-',
        durationOf(entry),
        entry.outcome,
      ]),
  );
}

/** How long the migration took in the cluster's time; empty where it is not known when it began. */
export function durationOf({ startTime, endTime }: HistoryEntry): string {
  return startTime === undefined ? '' : formatDuration(Date.parse(endTime) - Date.parse(startTime));
}
