import type { GuestReading, MigrateTask } from '../proxmox-cluster.ts';
import type { Outcome, Settlement } from './settlement.ts';

/**
 * What became of a migration that Proxmox's HA manager has queued (docs/proxmox-api.md §6.4): an `OK` of its task says
 * nothing more than that. Pure; all times are Proxmox time.
 */

/** For how long the guest must stay where it was to go; HA's next rounds may still pull it back. */
const STAYS_MS = 25_000;
/** From when on HA has dropped the request: it is taken up within two rounds of its managers. */
const DROPPED_AFTER_MS = 60_000;
/** From when on a guest that is on neither node is given up: HA's managers take a minute to recover one. */
const LOST_AFTER_MS = 180_000;

export interface QueuedObservation {
  readonly queuedTime: number;
  readonly target: string;
  readonly onSource: GuestReading;
  readonly onTarget: GuestReading;
  /** Migrate tasks of the guest on the source begun after the request, whoever's, oldest first. */
  readonly newerTasks: readonly MigrateTask[];
  /** The exit status of the newest of them, where it has ended. */
  readonly exitStatus: string | undefined;
  /** Since when it was seen on the target, started; undefined before. */
  readonly arrivedTime: number | undefined;
  readonly proxmoxTime: number;
}

export function settleQueued(observation: QueuedObservation): Settlement {
  const { onSource, onTarget, newerTasks, arrivedTime, proxmoxTime, target } = observation;
  const guest = onTarget.kind === 'Present' ? onTarget : onSource;
  if (newerTasks.some(({ running }) => running)) return { kind: 'Undecided' };
  if (guest.kind === 'Absent') {
    if (proxmoxTime - observation.queuedTime < LOST_AFTER_MS) return { kind: 'Undecided' };
    return ended('Unknown', 'HA moved the guest to another node than was asked for, or it is gone.');
  }
  if (guest.haState === 'error') {
    return ended(
      'Failed',
      "HA put the guest into the state 'error': clear it with ha-manager, then look at its task log.",
    );
  }
  if (!isAtRest(guest, newerTasks)) return { kind: 'Undecided' };
  const locked = guest.lock === undefined ? '' : ` It is still locked (${guest.lock}): look at its task log.`;
  if (onTarget.kind === 'Present') {
    if (arrivedTime === undefined || proxmoxTime - arrivedTime < STAYS_MS) return { kind: 'Undecided' };
    if (guest.haState === 'started')
      return ended('Succeeded', `Migrated by HA, and started on ${target}.${locked}`);
    return ended(
      'Succeeded',
      `Migrated by HA to ${target}, and then ${describeRest(guest.haState)}.${locked}`,
    );
  }
  // Between two looks it may have been there and back.
  if (arrivedTime !== undefined || observation.exitStatus === 'OK')
    return ended(
      'Failed',
      `HA moved the guest to ${target} and back again: one of its rules wants it there.`,
    );
  if (proxmoxTime - observation.queuedTime < DROPPED_AFTER_MS) return { kind: 'Undecided' };
  if (guest.haState !== 'started')
    return ended('Failed', `The guest was ${describeRest(guest.haState)} before HA moved it.`);
  if (newerTasks.length === 0) {
    return ended(
      'Refused',
      'HA dropped the request: its rules or the state of the target forbid it, the log of the HA manager tells which.',
    );
  }
  return ended(
    'Failed',
    `HA's migration ended with '${observation.exitStatus ?? 'unknown'}' and the guest is on its source.${locked}`,
  );
}

/** Whether the guest is seen where it was to go and left alone. */
export function hasArrived({
  onTarget,
  newerTasks,
}: Pick<QueuedObservation, 'onTarget' | 'newerTasks'>): boolean {
  return onTarget.kind === 'Present' && isAtRest(onTarget, newerTasks);
}

// Somebody may stop a guest that waits, or take it from HA: then nothing more will come of the request.
const RESTING_STATES: readonly (string | undefined)[] = [
  'started',
  'stopped',
  'disabled',
  'ignored',
  undefined,
];

/**
 * Whether HA has nothing under way with it. A migration that was killed, or could not clean up, leaves its lock for ever: it
 * is known by HA's state, which is another one as long as HA moves the guest.
 */
function isAtRest(
  { haState, lock }: GuestReading & { readonly kind: 'Present' },
  newerTasks: readonly MigrateTask[],
): boolean {
  const leftBehind =
    lock === 'migrate' && newerTasks.length > 0 && newerTasks.every(({ running }) => !running);
  return (lock === undefined || leftBehind) && RESTING_STATES.includes(haState);
}

function describeRest(haState: string | undefined): string {
  return haState === undefined || haState === 'ignored' ? 'taken from HA' : `${haState} in HA`;
}

function ended(outcome: Outcome, message: string): Settlement {
  return { kind: 'Ended', outcome, message };
}
