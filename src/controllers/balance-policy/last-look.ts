import { indexCluster } from '../../balancing/cluster-index.ts';
import type { GuestExamination } from '../../balancing/guest-examination.ts';
import type { PlannedMigration } from '../../balancing/plan.ts';
import { whyNoLongerPossible } from '../../balancing/recheck.ts';
import { localDisks } from '../../balancing/volumes.ts';
import { makesNoCandidate } from '../../lib/local-fault.ts';
import { standsFor } from '../../lib/shortened-text.ts';
import { parseUpid } from '../../proxmox/upid.ts';
import type { GuestOnNode, MigrateTasks } from '../proxmox-cluster.ts';
import { type MovedGuest, movedGuests } from './companions.ts';
import { withExaminations } from './evaluate.ts';
import { onSource } from './guest-places.ts';
import { entriesOf, type Start, statusOf } from './start.ts';
import { withEntriesIncoming } from './under-way.ts';

/** What a last look at a guest, right before its migration is asked for, has found. */
export type LastLook =
  /** `before` are the migrate tasks that the guest had so far. */
  | { readonly kind: 'Clear'; readonly before: MigrateTasks; readonly withLocalDisks: boolean }
  | { readonly kind: 'Prevented'; readonly why: string };

/** Throws what is no fault of the guest alone. */
export async function takeLastLook(start: Start, migration: PlannedMigration): Promise<LastLook> {
  const { proxmox, cycle } = start;
  try {
    const why = whyNotByEntries(start, migration) ?? (await whyNot(start, migration));
    if (why !== undefined) return { kind: 'Prevented', why };
    const examined = await examine(start, migration);
    if (examined.why !== undefined) return { kind: 'Prevented', why: examined.why };
    const before = await proxmox.listMigrateTasks(onSource(migration, migration), cycle.signal);
    const busy = whyNotByTasks(before);
    if (busy !== undefined) return { kind: 'Prevented', why: busy };
    for (const companion of migration.companions) {
      const tasks = await proxmox.listMigrateTasks(onSource(migration, companion), cycle.signal);
      const why = whyNotByTasks(tasks);
      if (why !== undefined) return { kind: 'Prevented', why: ofCompanion(companion, why) };
    }
    return { kind: 'Clear', before, withLocalDisks: examined.withLocalDisks };
  } catch (error) {
    if (!makesNoCandidate(error)) throw error;
    return { kind: 'Prevented', why: `it could not be looked at (${error.message})` };
  }
}

function whyNotByTasks(before: MigrateTasks): string | undefined {
  // A task that has only just begun has not locked the guest yet.
  const running = before.tasks.find((task) => task.running);
  if (running) return `it is being migrated (${running.upid})`;
  const request = requestAtHa(before);
  return request && `HA may be about to migrate it (${request})`;
}

function ofCompanion({ vmid }: MovedGuest, why: string): string {
  return `guest ${vmid}, which moves along: ${why}`;
}

/** Longer than HA takes from a request to its work; until then the guest looks as if nothing was asked for. */
const REQUEST_LASTS_MS = 60_000;

/** Whoever sent it, or we ourselves, the record being lost. */
function requestAtHa({ tasks, proxmoxTime }: MigrateTasks): string | undefined {
  return tasks.find(
    ({ upid, startTime }) =>
      parseUpid(upid)?.type === 'hamigrate' && proxmoxTime - startTime < REQUEST_LASTS_MS,
  )?.upid;
}

// A request without an answer may have no task to show yet.
function whyNotByEntries(start: Start, migration: PlannedMigration): string | undefined {
  const moved = new Set(movedGuests(migration).map(({ vmid }) => vmid));
  const open = entriesOf(start).find((entry) => movedGuests(entry).some(({ vmid }) => moved.has(vmid)));
  return open && `a migration of it from ${open.source} to ${open.target} is not over`;
}

async function whyNot(start: Start, migration: PlannedMigration): Promise<string | undefined> {
  const cluster = withEntriesIncoming(start.inventory, entriesOf(start));
  const why = whyNoLongerPossible(migration, cluster, start.settings);
  if (why !== undefined) return why;
  const expected = statusOf(migration);
  const whyNotTheOne = await whyNotByGuest(start, onSource(migration, migration), migration, expected);
  if (whyNotTheOne !== undefined) return whyNotTheOne;
  for (const companion of migration.companions) {
    const found = await whyNotByGuest(start, onSource(migration, companion), companion, expected);
    if (found !== undefined) return ofCompanion(companion, found);
  }
  return undefined;
}

interface ExaminedMigration {
  readonly why: string | undefined;
  readonly withLocalDisks: boolean;
}

async function examine(start: Start, migration: PlannedMigration): Promise<ExaminedMigration> {
  const { proxmox, inventory, settings, cycle } = start;
  const examinations = new Map<number, GuestExamination>();
  for (const guest of movedGuests(migration)) {
    examinations.set(guest.vmid, await proxmox.examineGuest(onSource(migration, guest), cycle.signal));
  }
  const cluster = withEntriesIncoming(inventory, entriesOf(start));
  const examined = withExaminations(cluster, examinations);
  const examination = examinations.get(migration.vmid);
  return {
    why: whyNoLongerPossible(migration, examined, settings),
    withLocalDisks:
      examination?.kind === 'Examined' &&
      localDisks(examination, indexCluster(examined, settings.placement)).length > 0,
  };
}

async function whyNotByGuest(
  start: Start,
  place: GuestOnNode,
  { vmid, name }: MovedGuest,
  status: 'running' | 'stopped',
): Promise<string | undefined> {
  const guest = await start.proxmox.readGuest(place, start.cycle.signal);
  if (guest.kind === 'Absent') return `the guest is not on ${place.node} any more`;
  if (!standsFor(name, guest.name)) return `VMID ${vmid} is now another guest ('${guest.name}')`;
  if (guest.template) return 'the guest is a template now';
  if (guest.lock !== undefined) return `the guest is locked (${guest.lock})`;
  if (guest.status !== status) return `the guest is ${guest.status}`;
  // What was decided of it, HA's rules included, was decided for a guest that HA manages, or does not.
  const managed = start.inventory.cluster.guests.find((each) => each.vmid === vmid)?.ha !== undefined;
  if (guest.haManaged && !managed) return 'the guest is managed by Proxmox HA';
  if (managed && !guest.haManaged) return 'the guest is not managed by Proxmox HA any more';
  if (managed && guest.haState !== 'started') return `its HA state is '${guest.haState ?? 'unknown'}'`;
  return undefined;
}
