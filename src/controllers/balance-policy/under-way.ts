import type { MigrationEntry } from '../../api/generated/balance-policy.ts';
import { type Cluster, guestRoomBytes } from '../../balancing/cluster.ts';
import { parseBytes } from '../../lib/bytes.ts';
import type { Inventory, RunningMigration } from '../proxmox-cluster.ts';
import { movedGuests } from './companions.ts';
import type { Passage } from './concurrency.ts';

/**
 * What is under way in a physical cluster: the entries of all our policies on it, and the running tasks of everybody.
 * `entries` must hold those of every policy of this operator on the cluster.
 */

/** Guests that migrate, for the concurrency limits: those of our entries, and of the running tasks that none of them is. */
export function passages(
  entries: readonly MigrationEntry[],
  running: readonly RunningMigration[],
): Passage[] {
  const others = running.filter((task) => !entries.some((entry) => isEntryOf(entry, task)));
  return [
    ...entries.flatMap((entry) =>
      movedGuests(entry).map(() => ({ source: entry.source, target: entry.target })),
    ),
    ...others.map(({ node: source, target }) => ({ source, target })),
  ];
}

/** Running migrations of our own user that neither an entry nor a task known to have ended accounts for. */
export function unaccounted(
  entries: readonly MigrationEntry[],
  running: readonly RunningMigration[],
  user: string,
  ended: ReadonlySet<string>,
): readonly RunningMigration[] {
  return running.filter(
    (task) => task.user === user && !ended.has(task.upid) && !entries.some((entry) => isEntryOf(entry, task)),
  );
}

// By the guest and where it comes from, not by UPID alone: an entry without one may be this very task, its POST's answer
// being lost, and what HA has queued runs as a task of root.
function isEntryOf(entry: MigrationEntry, task: RunningMigration): boolean {
  if (entry.upid === task.upid) return true;
  if (entry.source !== task.node) return false;
  return movedGuests(entry).some(({ vmid, type }) => vmid === task.vmid && type === task.type);
}

/** The cluster with the memory of entries counted at their target that no running task accounts for yet. */
export function withEntriesIncoming(
  { cluster }: Pick<Inventory, 'cluster'>,
  entries: readonly MigrationEntry[],
): Cluster {
  const more = entries
    .flatMap((entry) => movedGuests(entry).map(({ vmid }) => ({ vmid, entry })))
    .filter(
      ({ vmid, entry }) => !cluster.incoming.some((each) => each.vmid === vmid && each.node === entry.target),
    )
    .flatMap(({ vmid, entry: { target, memory } }) => {
      const guest = cluster.guests.find((each) => each.vmid === vmid);
      // Once it is on the target, its memory is in the target's own figures.
      if (guest?.node === target) return [];
      // One that cannot be read at the moment takes along what it had when it was begun, or more: all of its group had.
      const bytes = guest ? guestRoomBytes(guest) : parseBytes(memory ?? '');
      return [{ node: target, vmid, bytes: bytes ?? 0 }];
    });
  return more.length === 0 ? cluster : { ...cluster, incoming: [...cluster.incoming, ...more] };
}
