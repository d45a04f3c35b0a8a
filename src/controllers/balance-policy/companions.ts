import type { HistoryEntry, MigrationEntry, PlanEntry } from '../../api/generated/balance-policy.ts';
import type { GuestType } from '../../balancing/cluster.ts';
import type { Companion, PlannedMigration } from '../../balancing/plan.ts';
import { shorten } from '../conditions.ts';

/** Guests that Proxmox HA moves along with the one that a migration asks for, as the record of migrations has them. */

// The CRD's bounds.
const LONGEST_NAME = 20;
export const MOST_PLANNED_COMPANIONS = 40;
export const MOST_COMPANIONS_UNDER_WAY = 64;
export const MOST_PAST_COMPANIONS = 48;

export interface MovedGuest {
  readonly vmid: number;
  readonly type: GuestType;
  readonly name: string;
}

type Entry = Pick<MigrationEntry | HistoryEntry | PlanEntry, 'companions'>;

/** As a field of an entry; none when nobody is moved along. */
export function companionsField(companions: readonly MovedGuest[] | undefined): Pick<Entry, 'companions'> {
  if (companions === undefined || companions.length === 0) return {};
  return {
    companions: companions.map(({ vmid, type, name }) => ({ vmid, type, name: shorten(name, LONGEST_NAME) })),
  };
}

/** Everybody who moves by one migration, the one that was asked for first. */
export function movedGuests(
  migration: MovedGuest & { readonly companions?: readonly MovedGuest[] },
): readonly MovedGuest[] {
  const { vmid, type, name, companions = [] } = migration;
  return [{ vmid, type, name }, ...companions];
}

/** The first entries that have no more than so many companions together. */
export function withinCompanions<T extends { readonly companions?: readonly unknown[] }>(
  entries: readonly T[],
  most: number,
): readonly T[] {
  let count = 0;
  const end = entries.findIndex((entry) => {
    count += entry.companions?.length ?? 0;
    return count > most;
  });
  return end === -1 ? entries : entries.slice(0, end);
}

/** What all of them take along. */
export function movedBytes({
  memoryBytes,
  companions,
}: Pick<PlannedMigration, 'memoryBytes'> & {
  readonly companions: readonly Pick<Companion, 'memoryBytes'>[];
}): number {
  return companions.reduce((sum, each) => sum + each.memoryBytes, memoryBytes);
}
