import { parseUpid } from '../../proxmox/upid.ts';
import type { GuestReading, MigrateTask, TaskReading } from '../proxmox-cluster.ts';

/**
 * The decisions of settling: what became of a migration, judged from what was read. Pure; who reads is `settle-in-flight.ts`.
 * Every time here is Proxmox time.
 */

/** From when on the absence of a task means that the POST never arrived. PVE starts the task within the POST. */
const NOT_STARTED_AFTER_MS = 120_000;
/** Two reads this far apart must agree on it. */
const QUIET_READS_APART_MS = 15_000;

export type Settlement =
  /** Nothing certain yet: the entry stays as it is. */
  | { readonly kind: 'Undecided' }
  /** Our task was found. */
  | { readonly kind: 'Adopt'; readonly upid: string; readonly startTime: number }
  | { readonly kind: 'Ended'; readonly outcome: Outcome; readonly message: string }
  /** HA has the request; what it makes of it shows later. */
  | { readonly kind: 'Queued' }
  /** The exit status does not say where the guest is: its nodes must be asked. */
  | { readonly kind: 'AskGuest'; readonly exitStatus: string; readonly errorText: string | undefined };

export const OUTCOMES = ['Succeeded', 'Failed', 'Refused', 'NotStarted', 'Superseded', 'Unknown'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** An answer of the source node that showed neither task nor lock, with the guest where it was. */
export interface QuietRead {
  readonly proxmoxTime: number;
}

export interface UnstartedObservation {
  readonly user: string;
  readonly intentTime: number;
  /** Migrate tasks of the guest on the source node newer than the intent, oldest first. */
  readonly newerTasks: readonly MigrateTask[];
  /** Whether the log of the first newer task of our user names our target. */
  readonly targetsOurs: boolean | undefined;
  readonly source: GuestReading;
  readonly target: GuestReading;
  readonly proxmoxTime: number;
  readonly previousQuietRead: QuietRead | undefined;
}

/** What became of a POST whose answer is unknown (docs/proxmox-api.md §1.13, §7.4). */
export function settleUnstarted(observation: UnstartedObservation): Settlement {
  const { newerTasks, user, targetsOurs } = observation;
  const ours = newerTasks.find((task) => task.user === user);
  const foreign = newerTasks.find((task) => task.user !== user && !isWorkOfHa(task, ours, newerTasks));
  // One that has ended and named no target at all failed before it came to that, or its log is gone: its end tells which.
  if (ours && (targetsOurs ?? !ours.running))
    return { kind: 'Adopt', upid: ours.upid, startTime: ours.startTime };
  if (foreign) return superseded(`${foreign.user} migrated the guest meanwhile (${foreign.upid})`);
  if (ours && targetsOurs === false) {
    return superseded(`another migration of the guest was started meanwhile (${ours.upid})`);
  }
  // A task of ours whose log does not say yet where it goes is waited for: it will say so, or end.
  const waited = observation.proxmoxTime - observation.intentTime >= NOT_STARTED_AFTER_MS;
  if (!waited || ours || !isSecondQuietRead(observation)) return { kind: 'Undecided' };
  if (observation.source.kind === 'Present') {
    return {
      kind: 'Ended',
      outcome: 'NotStarted',
      message:
        'Proxmox VE has no task for it and the guest is unlocked on its source: the request never arrived.',
    };
  }
  if (observation.target.kind === 'Present') {
    return {
      kind: 'Ended',
      outcome: 'Succeeded',
      message: 'The guest is on the target; its task log is gone.',
    };
  }
  return {
    kind: 'Ended',
    outcome: 'Unknown',
    message: 'The guest is neither on the source nor on the target, and no task log tells why.',
  };
}

/** What HA starts once our request is with it are tasks of root (docs/proxmox-api.md §6.4). */
function isWorkOfHa(
  task: MigrateTask,
  ours: MigrateTask | undefined,
  oldestFirst: readonly MigrateTask[],
): boolean {
  if (!ours || parseUpid(ours.upid)?.type !== 'hamigrate' || task.user !== 'root@pam') return false;
  return parseUpid(task.upid)?.type !== 'hamigrate' && oldestFirst.indexOf(task) > oldestFirst.indexOf(ours);
}

/** Whether this observation shows nothing under way: such reads are counted by `isSecondQuietRead`. */
export function isQuiet(observation: Pick<UnstartedObservation, 'source'>): boolean {
  return observation.source.kind === 'Absent' || observation.source.lock === undefined;
}

function isSecondQuietRead(observation: UnstartedObservation): boolean {
  const before = observation.previousQuietRead;
  if (!before || !isQuiet(observation)) return false;
  return observation.proxmoxTime - before.proxmoxTime >= QUIET_READS_APART_MS;
}

/** HA's own no: `command 'ha-manager migrate vm:100 pve2' failed: exit code 255`. */
const REFUSED_BY_HA = /^command '.*' failed: exit code \d+$/;

/** What the end of our own task means (docs/proxmox-api.md §6.6). */
export function settleTask(reading: TaskReading, taskType: string | undefined): Settlement {
  if (reading.kind === 'Running') return { kind: 'Undecided' };
  if (reading.kind === 'Pruned') {
    // Where the guest is now says nothing yet: HA may still have it before it.
    if (taskType === 'hamigrate') return { kind: 'Queued' };
    return { kind: 'AskGuest', exitStatus: 'log pruned', errorText: undefined };
  }
  const { exitStatus, errorText } = reading;
  if (taskType === 'hamigrate') {
    // Whatever else ended the task, HA may have had the request by then, and takes it up all the same.
    if (!REFUSED_BY_HA.test(exitStatus)) return { kind: 'Queued' };
    return { kind: 'Ended', outcome: 'Refused', message: failureMessage(exitStatus, errorText) };
  }
  if (exitStatus === 'OK') return { kind: 'Ended', outcome: 'Succeeded', message: 'Migrated.' };
  if (isSuccess(exitStatus)) {
    return {
      kind: 'Ended',
      outcome: 'Succeeded',
      message: `Migrated, with warnings in the task log (${exitStatus}).`,
    };
  }
  // These two say nothing about where the guest is or in what state.
  if (exitStatus === 'migration problems' || exitStatus === 'unexpected status') {
    return { kind: 'AskGuest', exitStatus, errorText };
  }
  return { kind: 'Ended', outcome: 'Failed', message: failureMessage(exitStatus, errorText) };
}

/** The outcome by where the guest is, for tasks whose end does not tell. */
export function settleByGuest(
  exitStatus: string,
  errorText: string | undefined,
  source: GuestReading,
  target: GuestReading,
): Settlement {
  if (target.kind === 'Present') {
    const state = target.lock ? `${target.status}, locked (${target.lock})` : target.status;
    return {
      kind: 'Ended',
      outcome: 'Succeeded',
      message: `The guest is on the target (${state}), though the task ended with '${exitStatus}': check its log.`,
    };
  }
  if (source.kind === 'Present') {
    if (exitStatus === 'log pruned') {
      // A task that runs for days can outlive its log.
      if (source.lock === 'migrate') return { kind: 'Undecided' };
      return {
        kind: 'Ended',
        outcome: 'Failed',
        message: 'The guest is still on its source; the task log is gone.',
      };
    }
    const state = source.lock ? `${source.status}, locked (${source.lock})` : source.status;
    return {
      kind: 'Ended',
      outcome: 'Failed',
      message: `${failureMessage(exitStatus, errorText)} The guest is on its source (${state}).`,
    };
  }
  return {
    kind: 'Ended',
    outcome: 'Unknown',
    message: `The task ended with '${exitStatus}' and the guest is on neither node: look for it.`,
  };
}

/** `OK`, or `WARNINGS: n`. */
function isSuccess(exitStatus: string): boolean {
  return exitStatus === 'OK' || /^WARNINGS: \d+$/.test(exitStatus);
}

function superseded(why: string): Settlement {
  return { kind: 'Ended', outcome: 'Superseded', message: `Given up: ${why}.` };
}

function failureMessage(exitStatus: string, errorText: string | undefined): string {
  return errorText && errorText !== exitStatus ? `${exitStatus}: ${errorText}.` : `${exitStatus}.`;
}
