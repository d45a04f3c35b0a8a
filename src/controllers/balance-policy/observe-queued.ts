import type { MigrationEntry } from '../../api/generated/balance-policy.ts';
import type { MigrateTask, ProxmoxCluster } from '../proxmox-cluster.ts';
import { type MovedGuest, movedGuests } from './companions.ts';
import { onSource, readPlaces } from './guest-places.ts';
import { tasksNewerThan } from './newer-tasks.ts';
import type { PolicyCycle } from './policy-cycle.ts';
import type { QueuedGuest } from './settle-group.ts';
import { hasArrived } from './settle-queued.ts';

/** Looks at every guest that HA is to move by this migration. */
export async function observeQueued(
  cycle: PolicyCycle,
  proxmox: ProxmoxCluster,
  entry: MigrationEntry,
  proxmoxTime: number,
): Promise<readonly QueuedGuest[]> {
  const group: QueuedGuest[] = [];
  for (const guest of movedGuests(entry)) {
    group.push(await observeGuest(cycle, proxmox, entry, guest, proxmoxTime));
  }
  return group;
}

async function observeGuest(
  cycle: PolicyCycle,
  proxmox: ProxmoxCluster,
  entry: MigrationEntry,
  guest: MovedGuest,
  proxmoxTime: number,
): Promise<QueuedGuest> {
  const { tasks } = await proxmox.listMigrateTasks(onSource(entry, guest), cycle.signal);
  const newerTasks = begunSince(entry, tasks);
  const newest = newerTasks.at(-1);
  const reading = newest && !newest.running ? await proxmox.readTask(newest.upid, cycle.signal) : undefined;
  const places = await readPlaces(proxmox, entry, guest, cycle.signal);
  const observation = {
    queuedTime: Date.parse(entry.startTime ?? entry.intentTime),
    target: entry.target,
    onSource: places.source,
    onTarget: places.target,
    newerTasks,
    exitStatus: reading?.kind === 'Stopped' ? reading.exitStatus : undefined,
    arrivedTime: cycle.memory.arrivals.get(arrivalKey(entry, guest.vmid)),
    proxmoxTime,
  };
  return { guest, source: entry.source, observation };
}

/** On one node UPIDs tell which of two tasks is newer, whichever guests they are of. */
function begunSince(entry: MigrationEntry, tasks: readonly MigrateTask[]): readonly MigrateTask[] {
  if (entry.upid !== undefined) return tasksNewerThan(entry.upid, tasks);
  const since = Date.parse(entry.intentTime);
  return tasksNewerThan(undefined, tasks).filter(({ startTime }) => startTime >= since);
}

/** Remembers who has arrived, so that it is known how long they stay. */
export function noteArrivals(
  { memory }: PolicyCycle,
  entry: MigrationEntry,
  group: readonly QueuedGuest[],
): void {
  for (const { guest, observation } of group) {
    const key = arrivalKey(entry, guest.vmid);
    // It may be brought back; alone it would have been judged.
    if (observation.onSource.kind === 'Present' && group.length > 1) memory.arrivals.delete(key);
    else if (hasArrived(observation) && !memory.arrivals.has(key))
      memory.arrivals.set(key, observation.proxmoxTime);
  }
}

export function forgetArrivals({ memory }: PolicyCycle, entry: MigrationEntry): void {
  for (const { vmid } of movedGuests(entry)) memory.arrivals.delete(arrivalKey(entry, vmid));
  memory.apart.delete(entry.id);
}

function arrivalKey({ id }: MigrationEntry, vmid: number): string {
  return `${id} ${vmid}`;
}
