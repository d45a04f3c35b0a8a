import { randomUUID } from 'node:crypto';
import type { MigrationEntry } from '../../api/generated/balance-policy.ts';
import { indexCluster } from '../../balancing/cluster-index.ts';
import type { GuestExamination } from '../../balancing/guest-examination.ts';
import type { BalanceSettings, PlannedMigration } from '../../balancing/plan.ts';
import { whyNoLongerPossible } from '../../balancing/recheck.ts';
import { localDisks } from '../../balancing/volumes.ts';
import { ApiError } from '../../kubernetes/api-error.ts';
import { parseBytes } from '../../lib/bytes.ts';
import { OperatorError } from '../../lib/errors.ts';
import { makesNoCandidate } from '../../lib/local-fault.ts';
import { standsFor } from '../../lib/shortened-text.ts';
import { parseUpid } from '../../proxmox/upid.ts';
import { leadershipUncertain } from '../leadership.ts';
import type {
  GuestOnNode,
  Inventory,
  MigrateTasks,
  MigrationRequest,
  ProxmoxCluster,
} from '../proxmox-cluster.ts';
import type { StoredPolicy } from '../resources.ts';
import { type MovedGuest, movedGuests } from './companions.ts';
import { hasRoomFor } from './concurrency.ts';
import { liveCooldowns, MOST_COOLDOWNS } from './cooldowns.ts';
import { withExaminations } from './evaluate.ts';
import { withIntent, withTask } from './migration-record.ts';
import { newestUpid } from './newer-tasks.ts';
import type { PolicyCycle } from './policy-cycle.ts';
import type { Run } from './policy-memory.ts';
import { recordEnd } from './record-end.ts';
import { ruleBonds } from './rule-bonds.ts';
import { dropRun, endRunIfStopped } from './run-end.ts';
import { courseOf, entryId, legsOf, noteEnd, turnOfStep, withoutStep } from './run-progress.ts';
import { mayStillBecomePossible } from './step-order.ts';
import { passages, withEntriesIncoming } from './under-way.ts';

export interface Start {
  readonly cycle: PolicyCycle;
  readonly proxmox: ProxmoxCluster;
  readonly identity: string;
  readonly inventory: Inventory;
  readonly settings: BalanceSettings;
  /** Entries under way of the other policies on the same physical cluster. */
  readonly otherEntries: readonly MigrationEntry[];
}

/**
 * Begins as many of the run's migrations as the limits allow, in the plan's order; what builds on others that have not
 * ended waits for them (`step-order.ts`). Each is checked afresh and its intent stored before the one POST that is ever
 * sent for it (docs/architecture.md, "A migration").
 */
export async function startMigrations(start: Start, run: Run): Promise<void> {
  const { cycle } = start;
  const bonds = ruleBonds(indexCluster(start.inventory.cluster, start.settings.placement));
  let holdUp: string | undefined;
  for (const migration of run.remaining) {
    // Storing what came of a request reads the policy anew: it may not be the one that the plan was made for any more.
    if (cycle.signal.aborted || endRunIfStopped(cycle, start.identity)) return;
    if (isFullOfCooldowns(cycle, migration)) {
      dropRun(cycle, 'status.cooldowns is full');
      return;
    }
    const course = courseOf(
      cycle.memory.run ?? run,
      migration,
      entries(start),
      bonds,
      start.inventory.proxmoxTime,
    );
    const turn = turnOfStep(migration, course);
    if (turn.kind === 'Waits') {
      holdUp ??= `${nameOf(migration)} waits: ${turn.why}`;
      continue;
    }
    if (turn.kind === 'Never') {
      cycle.announce.dropped(1, `${nameOf(migration)}: ${turn.why}`);
      withoutStep(cycle.memory, migration);
      continue;
    }
    if (!hasRoomFor(migration, underWay(start), cycle.record.policy.spec.migration.concurrency)) continue;
    const look = await lookAt(start, migration);
    if (look.kind === 'Prevented' && legsOf(migration).some((leg) => mayStillBecomePossible(leg, course))) {
      holdUp ??= `${nameOf(migration)} waits: ${look.why}`;
      continue;
    }
    // To look may take long.
    if (endRunIfStopped(cycle, start.identity)) return;
    if (look.kind === 'Clear') await begin(start, run, migration, look);
    else cycle.announce.dropped(1, `${nameOf(migration)}: ${look.why}`);
    withoutStep(cycle.memory, migration);
  }
  if (cycle.memory.run) cycle.memory.run = { ...cycle.memory.run, holdUp };
}

function nameOf({ type, vmid, name }: PlannedMigration): string {
  return `${type}/${vmid} '${name}'`;
}

/** Each guest whose migration ends may leave one more; none of them may be lost. */
function isFullOfCooldowns({ record, clock }: PolicyCycle, next: PlannedMigration): boolean {
  const guests = [...(record.status.migrations ?? []), next].flatMap(movedGuests).length;
  return liveCooldowns(record.status, clock.now()).length + guests > MOST_COOLDOWNS;
}

function entries({ cycle, otherEntries }: Start): readonly MigrationEntry[] {
  return [...(cycle.record.status.migrations ?? []), ...otherEntries];
}

function underWay(start: Start) {
  return passages(entries(start), start.inventory.runningMigrations);
}

type Look =
  /** `before` are the migrate tasks that the guest had so far. */
  | { readonly kind: 'Clear'; readonly before: MigrateTasks; readonly withLocalDisks: boolean }
  | { readonly kind: 'Prevented'; readonly why: string };

async function lookAt(start: Start, migration: PlannedMigration): Promise<Look> {
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
  const open = entries(start).find((entry) => movedGuests(entry).some(({ vmid }) => moved.has(vmid)));
  return open && `a migration of it from ${open.source} to ${open.target} is not over`;
}

async function whyNot(start: Start, migration: PlannedMigration): Promise<string | undefined> {
  const cluster = withEntriesIncoming(start.inventory, entries(start));
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
  const cluster = withEntriesIncoming(inventory, entries(start));
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

/**
 * In which state the guest was when its migration was planned: only one that does not run takes no memory along. Those that
 * HA moves together all run.
 */
function statusOf({ memoryBytes, companions }: PlannedMigration): 'running' | 'stopped' {
  return memoryBytes === 0 && companions.length === 0 ? 'stopped' : 'running';
}

function onSource({ source }: PlannedMigration, { vmid, type }: MovedGuest): GuestOnNode {
  return { vmid, type, node: source };
}

/** Throws InvalidSpec where the schema was bypassed. */
function limitOf({ spec }: StoredPolicy): { readonly bandwidthLimitBytes?: number } {
  const { bandwidthLimit } = spec.migration;
  if (bandwidthLimit === undefined) return {};
  const bandwidthLimitBytes = parseBytes(bandwidthLimit);
  if (bandwidthLimitBytes !== undefined) return { bandwidthLimitBytes };
  const message = `\`spec.migration.bandwidthLimit\` is '${bandwidthLimit}', it must be a size such as '100Mi'`;
  throw new OperatorError('InvalidSpec', message);
}

async function begin(
  start: Start,
  run: Run,
  migration: PlannedMigration,
  { before, withLocalDisks }: Look & { readonly kind: 'Clear' },
): Promise<void> {
  const { cycle, proxmox, identity } = start;
  const { record, memory, leadership } = cycle;
  const { vmid, target } = migration;
  const request: MigrationRequest = {
    ...onSource(migration, migration),
    target,
    stopped: statusOf(migration) === 'stopped',
    withLocalDisks,
    ...limitOf(record.policy),
  };
  if (!leadership.isCertain()) throw leadershipUncertain();
  const id = entryId(run, vmid, randomUUID().slice(0, 8));
  try {
    await record.store((status) =>
      withIntent(status, {
        id,
        migration,
        identity,
        afterUpid: newestUpid(before.tasks),
        proxmoxTime: before.proxmoxTime,
      }),
    );
  } catch (error) {
    // Should the write have come through after all, the entry is known not to have been sent.
    if (error instanceof ApiError && error.mayHaveTakenEffect) memory.neverPosted.add(id);
    throw error;
  }
  memory.postedAs.set(id, proxmox.user);
  // From here on a stop of the operator waits: what was begun is recorded.
  const answer = await proxmox.startMigration(request, cycle.graceSignal, leadership.isCertain);
  switch (answer.kind) {
    case 'Accepted':
      await record.storeSurely((status) =>
        withTask(status, id, { upid: answer.upid, startTime: answer.proxmoxTime }),
      );
      cycle.announce.started({ vmid }, answer.upid);
      return;
    case 'Refused': {
      const end = { outcome: 'Refused', message: answer.message, endTime: before.proxmoxTime } as const;
      memory.postedAs.delete(id);
      const entry = record.status.migrations?.find((each) => each.id === id);
      if (entry) await recordEnd(cycle, entry, end);
      if (entry) {
        noteEnd(memory, entry, end);
        cycle.announce.ended(entry, end);
      }
      return;
    }
    case 'NotSent':
      memory.neverPosted.add(id);
      throw leadershipUncertain();
    case 'Unknown':
      cycle.logger.warn(
        { vmid, detail: answer.message },
        'Got no answer to a migrate request; looking for its task instead of repeating it',
      );
  }
}
