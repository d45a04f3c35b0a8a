import type {
  BalancePolicyStatus,
  HistoryEntry,
  MigrationEntry,
} from '../../api/generated/balance-policy.ts';
import type { PlannedMigration } from '../../balancing/plan.ts';
import { formatBytes } from '../../lib/bytes.ts';
import { formatTime, shorten } from '../conditions.ts';
import {
  companionsField,
  MOST_COMPANIONS_UNDER_WAY,
  MOST_PAST_COMPANIONS,
  movedBytes,
  withinCompanions,
} from './companions.ts';
import type { Outcome } from './settlement.ts';

/**
 * The record of migrations in a policy's status, as changes of it: entries under way in `migrations`, ended ones in
 * `history`. Every change finds its entry by id and leaves a status without it alone, so that it can be applied again to
 * a newer status (and twice) without harm.
 */

// The CRD's bounds.
const LONGEST_NAME = 64;
const LONGEST_HISTORY_MESSAGE = 160;

export interface Intent {
  readonly id: string;
  readonly migration: PlannedMigration;
  readonly identity: string;
  /** The guest's newest migrate task before this one. */
  readonly afterUpid: string | undefined;
  /** Proxmox time, milliseconds. */
  readonly proxmoxTime: number;
}

export function withIntent(status: BalancePolicyStatus, intent: Intent): BalancePolicyStatus {
  const { vmid, type, name, source, target, companions } = intent.migration;
  const entry: MigrationEntry = {
    id: intent.id,
    vmid,
    type,
    name: shorten(name, LONGEST_NAME),
    source,
    target,
    memory: formatBytes(movedBytes(intent.migration)),
    ...companionsField(companions),
    state: 'Pending',
    identity: intent.identity,
    intentTime: formatTime(intent.proxmoxTime),
    ...(intent.afterUpid === undefined ? {} : { afterUpid: intent.afterUpid }),
  };
  return withMigrations(status, [...(status.migrations ?? []), entry]);
}

export function withEntry(
  status: BalancePolicyStatus,
  id: string,
  change: (entry: MigrationEntry) => MigrationEntry,
): BalancePolicyStatus {
  if (!status.migrations?.some((entry) => entry.id === id)) return status;
  return withMigrations(
    status,
    status.migrations.map((entry) => (entry.id === id ? change(entry) : entry)),
  );
}

export function withTask(
  status: BalancePolicyStatus,
  id: string,
  task: { readonly upid: string; readonly startTime: number },
): BalancePolicyStatus {
  return withEntry(status, id, (entry) => ({
    ...entry,
    state: entry.state === 'Pending' ? 'Running' : entry.state,
    upid: task.upid,
    startTime: formatTime(task.startTime),
  }));
}

/** A running task of ours that no entry names: the status was wiped. */
export function withAdopted(status: BalancePolicyStatus, entry: MigrationEntry): BalancePolicyStatus {
  const { migrations = [] } = status;
  if (migrations.some(({ upid }) => upid === entry.upid)) return status;
  const { companions: _, ...alone } = entry;
  const whole = [...migrations, entry];
  // A status that is refused would lose it.
  const fits = withinCompanions(whole, MOST_COMPANIONS_UNDER_WAY).length === whole.length;
  return withMigrations(status, fits ? whole : [...migrations, alone]);
}

export interface End {
  readonly outcome: Outcome;
  readonly message: string;
  /** Proxmox time, milliseconds. */
  readonly endTime: number;
}

/** Moves the entry to the history, newest first, and counts it. A status without the entry stays as it is. */
export function withEnd(
  status: BalancePolicyStatus,
  id: string,
  end: End,
  historyLimit: number,
): BalancePolicyStatus {
  const entry = status.migrations?.find((candidate) => candidate.id === id);
  if (!entry) return status;
  const totals = status.totals ?? { succeeded: 0, failed: 0 };
  const failed = end.outcome === 'Failed' || end.outcome === 'Refused';
  return {
    ...withMigrations(
      status,
      (status.migrations ?? []).filter((candidate) => candidate.id !== id),
    ),
    history: withinCompanions(
      [endedEntry(entry, end), ...(status.history ?? [])].slice(0, historyLimit),
      MOST_PAST_COMPANIONS,
    ),
    totals: {
      succeeded: totals.succeeded + (end.outcome === 'Succeeded' ? 1 : 0),
      failed: totals.failed + (failed ? 1 : 0),
    },
  };
}

/** As the history has it. */
export function endedEntry(entry: MigrationEntry, end: End): HistoryEntry {
  return {
    id: entry.id,
    vmid: entry.vmid,
    type: entry.type,
    name: entry.name,
    source: entry.source,
    target: entry.target,
    ...(entry.memory === undefined ? {} : { memory: entry.memory }),
    ...companionsField(entry.companions),
    outcome: end.outcome,
    message: shorten(end.message, LONGEST_HISTORY_MESSAGE),
    ...(entry.upid === undefined ? {} : { upid: entry.upid }),
    ...(entry.startTime === undefined ? {} : { startTime: entry.startTime }),
    endTime: formatTime(end.endTime),
  };
}

function withMigrations(
  status: BalancePolicyStatus,
  migrations: readonly MigrationEntry[],
): BalancePolicyStatus {
  return { ...status, migrations: [...migrations], inFlight: migrations.length };
}
