import type {
  BalancePolicyStatus,
  HistoryEntry,
  MigrationEntry,
} from '../../src/api/generated/balance-policy.ts';
import { printable } from '../../src/commands/table.ts';
import { findCondition } from '../../src/controllers/conditions.ts';
import { durationOf } from './migration-history.ts';
import type { Observation } from './observation.ts';

/** What changed from one observation to the next, a line for each thing that a person should know. */
export function news(before: Observation | undefined, after: Observation): string[] {
  const old = before?.policy.status ?? {};
  const status = after.policy.status ?? {};
  return [
    ...trouble(old, status),
    ...ended(old, status),
    ...evaluation(before, after),
    ...begun(old, status),
  ];
}

function trouble(old: BalancePolicyStatus, { conditions }: BalancePolicyStatus): string[] {
  const ready = findCondition(conditions, 'Ready');
  const known = findCondition(old.conditions, 'Ready');
  if (ready?.status !== 'False' || (ready.reason === known?.reason && ready.message === known.message))
    return [];
  return [`Not ready (${ready.reason}): ${printable(ready.message)}`];
}

function evaluation(before: Observation | undefined, after: Observation): string[] {
  if (after.imbalances.length === (before?.imbalances.length ?? 0)) return [];
  const { nodes = [], imbalance } = after.policy.status ?? {};
  const weights = nodes.map(({ name, weight }) => `${printable(name)} ${weight ?? '-'}`).join(', ');
  return [`Imbalance ${imbalance?.value}, tolerated ${imbalance?.tolerance}; weights: ${weights}`];
}

function begun(old: BalancePolicyStatus, { migrations = [] }: BalancePolicyStatus): string[] {
  return migrations.flatMap((entry) => {
    const known = old.migrations?.find(({ id }) => id === entry.id);
    // Pending is everything for a moment.
    return entry.state === 'Pending' || known?.state === entry.state
      ? []
      : [`${nameOf(entry)}: ${entry.state}`];
  });
}

function ended(old: BalancePolicyStatus, { history = [] }: BalancePolicyStatus): string[] {
  const known = new Set(old.history?.map(({ id }) => id));
  return history
    .filter(({ id }) => !known.has(id))
    .toReversed()
    .map((entry) => {
      const why = entry.outcome === 'Succeeded' ? '' : `: ${printable(entry.message ?? '')}`;
      return `${nameOf(entry)}: ${[entry.outcome, durationOf(entry)].join(' ').trim()}${why}`;
    });
}

function nameOf({ type, vmid, name, source, target }: MigrationEntry | HistoryEntry): string {
  return `${type}/${vmid} ${printable(name)} ${source} → ${target}`;
}
