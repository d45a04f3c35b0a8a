import { messageOf } from '../lib/errors.ts';
import type { PostOutcome, ProxmoxClient } from './client.ts';
import { type GuestOnNode, guestPath } from './guest.ts';
import { envelopeOf } from './http-answer.ts';
import { guestTypeOfTask, isMigrateTask, parseUpid } from './upid.ts';

export interface MigrationRequest extends GuestOnNode {
  readonly target: string;
  /** Whether the guest does not run, so that it is moved as it is. */
  readonly stopped?: boolean;
  /** Bytes a second; no limit of ours when absent. */
  readonly bandwidthLimitBytes?: number;
  /** Whether disks of a VM on storage of its node alone are copied. A container's always are. */
  readonly withLocalDisks?: boolean;
}

export type StartAnswer =
  | { readonly kind: 'Accepted'; readonly upid: string; readonly proxmoxTime: number }
  /** PVE itself said no (400, 401, 403, 500, 501): nothing runs. */
  | { readonly kind: 'Refused'; readonly message: string }
  /** `maySend` said no: nothing runs. */
  | { readonly kind: 'NotSent'; readonly message: string }
  /** No answer, or one that is not PVE's: it may run. */
  | { readonly kind: 'Unknown'; readonly message: string };

/**
 * Sends the migrate POST at most once (docs/proxmox-api.md §6.2, §6.3), and not at all when `maySend` says no right before.
 * Never throws.
 */
export async function startMigration(
  client: Pick<ProxmoxClient, 'post'>,
  migration: MigrationRequest,
  signal: AbortSignal,
  maySend?: () => boolean,
): Promise<StartAnswer> {
  const { target } = migration;
  const form = { target, ...howToMove(migration), ...disksOf(migration), ...bandwidthOf(migration) };
  return classify(await client.post(guestPath(migration, 'migrate'), form, signal, maySend), migration);
}

// A container cannot move while it runs: it is shut down, moved and started.
function howToMove({ type, stopped }: MigrationRequest): { readonly online?: 1; readonly restart?: 1 } {
  if (stopped) return {};
  return type === 'qemu' ? { online: 1 } : { restart: 1 };
}

// PVE has this parameter for VMs only, and without it copies the disks of those that do not run.
function disksOf({ type, stopped, withLocalDisks }: MigrationRequest): { readonly 'with-local-disks'?: 1 } {
  return type === 'qemu' && !stopped && withLocalDisks ? { 'with-local-disks': 1 } : {};
}

// In KiB a second; 0 would mean no limit at all.
function bandwidthOf({ bandwidthLimitBytes }: MigrationRequest): { readonly bwlimit?: number } {
  if (bandwidthLimitBytes === undefined) return {};
  return { bwlimit: Math.max(1, Math.floor(bandwidthLimitBytes / 1024)) };
}

function classify(outcome: PostOutcome, migration: MigrationRequest): StartAnswer {
  if (outcome.kind !== 'Done') return { kind: outcome.kind, message: messageOf(outcome.error) };
  const { answer } = outcome;
  const text = envelopeOf(answer)?.data;
  const upid = typeof text === 'string' ? parseUpid(text) : undefined;
  if (typeof text !== 'string' || !upid) {
    const message = `${answer.endpoint} answered the migration of ${migration.vmid} with status ${answer.status}, but without a task.`;
    return { kind: 'Unknown', message };
  }
  const expectedType = guestTypeOfTask(upid.type) ?? migration.type;
  if (
    !isMigrateTask(upid.type) ||
    expectedType !== migration.type ||
    upid.id !== String(migration.vmid) ||
    upid.node !== migration.node
  ) {
    const message = `${answer.endpoint} answered the migration of ${migration.vmid} with another task: ${text}.`;
    return { kind: 'Unknown', message };
  }
  return { kind: 'Accepted', upid: text, proxmoxTime: answer.date ?? upid.startTime };
}
