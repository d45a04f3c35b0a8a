import { formatTable, printable } from '../../src/commands/table.ts';
import { messageOf } from '../../src/lib/errors.ts';
import type { Conditioned } from './condition.ts';
import type { Lab } from './lab.ts';

/** What a person needs to find out why; what went wrong is the last line, next to the prompt. */
export function failureReport(error: unknown, { cluster, policy, operator }: Lab): string {
  const objects = [cluster.current(), policy.current()].filter((object) => object !== undefined);
  return [
    '',
    'The last lines of the operator:',
    ...operator.logTail(),
    '',
    ...objects.flatMap((object) => [...conditionLines(object), '']),
    `The demo failed: ${messageOf(error)}`,
    '',
  ].join('\n');
}

function conditionLines(object: Conditioned): string[] {
  const conditions = object.status?.conditions ?? [];
  if (conditions.length === 0) return [`${object.kind} ${object.metadata.name} has no conditions.`];
  return [
    `${object.kind} ${object.metadata.name}:`,
    ...formatTable(
      [{ title: '  CONDITION' }, { title: 'STATUS' }, { title: 'REASON' }, { title: 'MESSAGE' }],
      conditions.map(({ type, status, reason, message }) => [
        `  ${type}`,
        status,
        reason,
        printable(message),
      ]),
    ),
  ];
}
