import type { MigrationEntry } from '../../api/generated/balance-policy.ts';
import { isOperatorError, type OperatorError } from '../../lib/errors.ts';
import { isLocalFault } from '../../lib/local-fault.ts';
import { parseUpid } from '../../proxmox/upid.ts';
import { formatTime } from '../conditions.ts';
import type { ProxmoxCluster } from '../proxmox-cluster.ts';
import { onSource, readPlaces } from './guest-places.ts';
import { endedEntry, withEntry, withTask } from './migration-record.ts';
import { tasksNewerThan } from './newer-tasks.ts';
import { forgetArrivals, noteArrivals, observeQueued } from './observe-queued.ts';
import type { PolicyCycle } from './policy-cycle.ts';
import { recordEnd } from './record-end.ts';
import { noteEnd } from './run-progress.ts';
import { isGroupApart, settleGroup } from './settle-group.ts';
import { isQuiet, type Settlement, settleByGuest, settleTask, settleUnstarted } from './settlement.ts';

/**
 * Finds out what became of every entry under way and stores it. An entry whose nodes do not answer stays as it is. What
 * concerns the cluster as a whole (no endpoint, credentials refused) is thrown; a missing privilege, which may be one on
 * a single guest, after the others were looked at.
 */
export async function settleInFlight(cycle: PolicyCycle, proxmox: ProxmoxCluster): Promise<void> {
  const { faults } = cycle.memory;
  let forbidden: OperatorError | undefined;
  for (const entry of cycle.record.status.migrations ?? []) {
    try {
      await settleEntry(cycle, proxmox, entry);
      faults.delete(entry.id);
    } catch (error) {
      if (isOperatorError(error, 'Forbidden')) forbidden ??= error;
      else if (isLocalFault(error)) await bearWith(cycle, proxmox, entry, error);
      else throw error;
    }
  }
  if (forbidden) throw forbidden;
}

/** Said once, and shown as overdue when it lasts; otherwise an entry on a dead node would go unnoticed for ever. */
async function bearWith(
  cycle: PolicyCycle,
  proxmox: ProxmoxCluster,
  entry: MigrationEntry,
  fault: OperatorError,
): Promise<void> {
  const { faults } = cycle.memory;
  if (faults.get(entry.id) !== fault.code) {
    cycle.logger.warn({ migration: entry, error: fault.message }, 'Could not follow migration');
    faults.set(entry.id, fault.code);
  }
  if (entry.state !== 'Overdue') await markOverdue(cycle, entry, await proxmox.readTime(cycle.signal));
}

async function markOverdue(cycle: PolicyCycle, entry: MigrationEntry, proxmoxTime: number): Promise<void> {
  const since = Date.parse(entry.startTime ?? entry.intentTime);
  if (entry.state === 'Overdue' || proxmoxTime - since <= cycle.timeoutMs) return;
  await cycle.record.store((status) =>
    withEntry(status, entry.id, (current) => ({ ...current, state: 'Overdue' })),
  );
  cycle.announce.overdue(entry);
}

async function settleEntry(
  cycle: PolicyCycle,
  proxmox: ProxmoxCluster,
  entry: MigrationEntry,
): Promise<void> {
  if (cycle.memory.neverPosted.has(entry.id)) {
    const message = 'Not sent: the operator was certain neither of its record nor of its leadership.';
    await end(cycle, entry, { outcome: 'NotStarted', message }, Date.parse(entry.intentTime));
    cycle.memory.neverPosted.delete(entry.id);
    return;
  }
  if (entry.upid === undefined) await settleWithoutTask(cycle, proxmox, entry);
  else await followTask(cycle, proxmox, entry, entry.upid);
}

async function settleWithoutTask(
  cycle: PolicyCycle,
  proxmox: ProxmoxCluster,
  entry: MigrationEntry,
): Promise<void> {
  const { quietReads, postedAs } = cycle.memory;
  const user = postedAs.get(entry.id) ?? proxmox.user;
  const { tasks, proxmoxTime } = await proxmox.listMigrateTasks(onSource(entry, entry), cycle.signal);
  const newerTasks = tasksNewerThan(entry.afterUpid, tasks);
  const ours = newerTasks.find((task) => task.user === user);
  const targetsOurs = ours && (await proxmox.taskTargets(ours.upid, entry.target, cycle.signal));
  const { source, target } = await readPlaces(proxmox, entry, entry, cycle.signal);
  const settlement = settleUnstarted({
    user,
    intentTime: Date.parse(entry.intentTime),
    newerTasks,
    targetsOurs,
    source,
    target,
    proxmoxTime,
    previousQuietRead: quietReads.get(entry.id),
  });
  if (!isQuiet({ source })) quietReads.delete(entry.id);
  else if (!quietReads.has(entry.id)) quietReads.set(entry.id, { proxmoxTime });
  await carryOut(cycle, proxmox, entry, settlement, proxmoxTime);
}

async function followTask(
  cycle: PolicyCycle,
  proxmox: ProxmoxCluster,
  entry: MigrationEntry,
  upid: string,
): Promise<void> {
  const reading = await proxmox.readTask(upid, cycle.signal);
  if (reading.kind === 'Running') {
    const overdue = reading.proxmoxTime - reading.startTime > cycle.timeoutMs;
    const progress = progressStep(reading.progressPercent);
    await cycle.record.store((status) =>
      withEntry(status, entry.id, (current) => ({
        ...current,
        state: overdue ? 'Overdue' : 'Running',
        startTime: current.startTime ?? formatTime(reading.startTime),
        ...(progress === undefined ? {} : { progress }),
      })),
    );
    if (overdue && entry.state !== 'Overdue') cycle.announce.overdue(entry);
    return;
  }
  await carryOut(cycle, proxmox, entry, settleTask(reading, parseUpid(upid)?.type), reading.proxmoxTime);
}

async function carryOut(
  cycle: PolicyCycle,
  proxmox: ProxmoxCluster,
  entry: MigrationEntry,
  settlement: Settlement,
  proxmoxTime: number,
): Promise<void> {
  switch (settlement.kind) {
    case 'Undecided':
      await markOverdue(cycle, entry, proxmoxTime);
      return;
    case 'Adopt':
      cycle.logger.info({ migration: entry, upid: settlement.upid }, 'Found the task of migration');
      await cycle.record.storeSurely((status) => withTask(status, entry.id, settlement));
      return;
    case 'Queued':
      await followQueued(cycle, proxmox, entry, proxmoxTime);
      return;
    case 'AskGuest': {
      // Where one of them is says nothing of the others.
      if (entry.companions !== undefined) return await followQueued(cycle, proxmox, entry, proxmoxTime);
      const { source, target } = await readPlaces(proxmox, entry, entry, cycle.signal);
      const { exitStatus, errorText } = settlement;
      await carryOut(
        cycle,
        proxmox,
        entry,
        settleByGuest(exitStatus, errorText, source, target),
        proxmoxTime,
      );
      return;
    }
    case 'Ended':
      if (entry.companions !== undefined && settlement.outcome === 'Succeeded')
        return await followQueued(cycle, proxmox, entry, proxmoxTime);
      await end(cycle, entry, settlement, proxmoxTime);
  }
}

async function followQueued(
  cycle: PolicyCycle,
  proxmox: ProxmoxCluster,
  entry: MigrationEntry,
  proxmoxTime: number,
): Promise<void> {
  const { apart } = cycle.memory;
  const queuedTime = Date.parse(entry.startTime ?? entry.intentTime);
  const group = await observeQueued(cycle, proxmox, entry, proxmoxTime);
  const settlement = settleGroup(group, apart.get(entry.id));
  if (settlement.kind === 'Ended') {
    await end(cycle, entry, settlement, proxmoxTime);
    forgetArrivals(cycle, entry);
    return;
  }
  noteArrivals(cycle, entry, group);
  if (!isGroupApart(group)) apart.delete(entry.id);
  else if (!apart.has(entry.id)) apart.set(entry.id, proxmoxTime);
  const overdue = proxmoxTime - queuedTime > cycle.timeoutMs;
  await cycle.record.store((status) =>
    withEntry(status, entry.id, (current) => ({ ...current, state: overdue ? 'Overdue' : 'Queued' })),
  );
  if (overdue && entry.state !== 'Overdue') cycle.announce.overdue(entry);
}

async function end(
  cycle: PolicyCycle,
  entry: MigrationEntry,
  ended: Pick<Settlement & { kind: 'Ended' }, 'outcome' | 'message'>,
  endTime: number,
): Promise<void> {
  await recordEnd(cycle, entry, { ...ended, endTime });
  cycle.memory.quietReads.delete(entry.id);
  cycle.memory.postedAs.delete(entry.id);
  cycle.memory.faults.delete(entry.id);
  if (entry.upid !== undefined) cycle.memory.ended.add(entry.upid);
  cycle.memory.lastEnd = Math.max(cycle.memory.lastEnd ?? 0, endTime);
  noteEnd(cycle.memory, entry, { ...ended, endTime });
  if (ended.outcome === 'Failed') cycle.memory.failed.set(entry.id, endedEntry(entry, { ...ended, endTime }));
  cycle.announce.ended(entry, { ...ended, endTime });
}

/** In steps of ten, so that a long migration costs ten writes and not one per poll. */
function progressStep(percent: number | undefined): string | undefined {
  return percent === undefined ? undefined : `${Math.floor(Math.min(100, percent) / 10) * 10}%`;
}
