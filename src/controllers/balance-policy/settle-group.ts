import { someOf } from '../../lib/listing.ts';
import type { MovedGuest } from './companions.ts';
import { hasArrived, type QueuedObservation, settleQueued } from './settle-queued.ts';
import type { Outcome, Settlement } from './settlement.ts';

/**
 * What became of guests that Proxmox's HA manager moves together. Each is judged as if it were alone; the migration ends when
 * none of them has anything under way any more. Pure; all times are Proxmox time.
 */

/** How long HA has to bring guests together again that are apart: some of its rounds, and a restart of a container. */
const BROUGHT_TOGETHER_MS = 180_000;

export interface QueuedGuest {
  readonly guest: MovedGuest;
  readonly source: string;
  readonly observation: QueuedObservation;
}

interface EndedGuest extends QueuedGuest {
  readonly outcome: Outcome;
  readonly message: string;
}

/** @param apartSince Since when they are seen on different nodes with nothing under way; undefined when they are not. */
export function settleGroup(group: readonly QueuedGuest[], apartSince: number | undefined): Settlement {
  const ended = endsOf(group);
  const [first] = ended;
  if (first === undefined || ended.length < group.length) return { kind: 'Undecided' };
  if (ended.length === 1) return { kind: 'Ended', outcome: first.outcome, message: first.message };
  const waited =
    apartSince !== undefined && first.observation.proxmoxTime - apartSince >= BROUGHT_TOGETHER_MS;
  if (areApart(ended) && !ended.some(isInError) && !waited) return { kind: 'Undecided' };
  return { kind: 'Ended', outcome: outcomeOf(ended), message: messageOf(ended) };
}

/** Whether some are on the target and some on the source, and HA does nothing about it at the moment. */
export function isGroupApart(group: readonly QueuedGuest[]): boolean {
  const ended = endsOf(group);
  return ended.length === group.length && areApart(ended);
}

function endsOf(group: readonly QueuedGuest[]): readonly EndedGuest[] {
  return group.flatMap((each) => {
    const settlement = settleQueued(each.observation);
    if (settlement.kind !== 'Ended') return [];
    return [{ ...each, outcome: settlement.outcome, message: settlement.message }];
  });
}

function areApart(group: readonly QueuedGuest[]): boolean {
  return group.some((each) => isOnTarget(each)) && group.some((each) => isOnSource(each));
}

function outcomeOf(ended: readonly EndedGuest[]): Outcome {
  const outcomes = new Set(ended.map(({ outcome }) => outcome));
  const [only] = outcomes;
  if (outcomes.size === 1 && only !== undefined) return only;
  return outcomes.has('Unknown') && !outcomes.has('Failed') ? 'Unknown' : 'Failed';
}

/** Where everybody is, and what is said of the first one that did not come along. */
function messageOf(ended: readonly EndedGuest[]): string {
  const [lead, ...companions] = ended;
  if (lead === undefined) return '';
  const named = someOf(companions.map(({ guest }) => String(guest.vmid)));
  const remarkable = ended.find((each) => !isStartedOnTarget(each));
  if (remarkable === undefined)
    return `Migrated by HA with ${named}, and started on ${lead.observation.target}.`;
  if (ended.every(({ outcome }) => outcome === 'Refused')) return `With ${named}: ${lead.message}`;
  const places = [
    place(lead.observation.target, ended.filter(isOnTarget)),
    place(lead.source, ended.filter(isOnSource)),
    place(
      'neither node',
      ended.filter((each) => !isOnTarget(each) && !isOnSource(each)),
    ),
  ];
  const first = ended.find(({ outcome }) => outcome === 'Failed') ?? remarkable;
  return `${places.filter(Boolean).join('; ')}. Guest ${first.guest.vmid}: ${first.message}`;
}

function place(node: string, guests: readonly QueuedGuest[]): string {
  return guests.length === 0 ? '' : `On ${node}: ${someOf(guests.map(({ guest }) => String(guest.vmid)))}`;
}

function isStartedOnTarget({ observation }: QueuedGuest): boolean {
  const { onTarget } = observation;
  if (!hasArrived(observation) || onTarget.kind !== 'Present') return false;
  return onTarget.haState === 'started' && onTarget.lock === undefined;
}

function isOnTarget({ observation }: QueuedGuest): boolean {
  return observation.onTarget.kind === 'Present';
}

function isOnSource({ observation }: QueuedGuest): boolean {
  return observation.onSource.kind === 'Present';
}

function isInError({ observation: { onSource, onTarget } }: QueuedGuest): boolean {
  return [onSource, onTarget].some((reading) => reading.kind === 'Present' && reading.haState === 'error');
}
