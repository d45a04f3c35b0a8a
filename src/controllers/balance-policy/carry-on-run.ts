import type { MigrationEntry } from '../../api/generated/balance-policy.ts';
import { whatIsUndecided } from '../../balancing/sufficiency.ts';
import { OperatorError } from '../../lib/errors.ts';
import type { Inventory } from '../proxmox-cluster.ts';
import { type ConcurrencyLimits, hasRoomFor } from './concurrency.ts';
import type { ReadyCluster } from './find-cluster.ts';
import type { Peers } from './peers.ts';
import type { PolicyCycle } from './policy-cycle.ts';
import type { Run } from './policy-memory.ts';
import { NO_BONDS } from './rule-bonds.ts';
import { dropRun } from './run-end.ts';
import { courseOf } from './run-progress.ts';
import { balanceSettings } from './settings.ts';
import { startMigrations } from './start-migrations.ts';
import { turnOf } from './step-order.ts';
import { passages, unaccounted } from './under-way.ts';

/** How often a cluster that the migrations of others keep busy is read again. */
export const OTHERS_POLL_MS = 10_000;

/**
 * Begins what the limits allow of the run, judged on `inventory` or, when none was just read, on a fresh one. Nothing is
 * read while our own migrations fill the limits.
 */
export async function carryOnRun(
  cycle: PolicyCycle,
  cluster: ReadyCluster,
  peers: Peers,
  justRead?: Inventory,
): Promise<void> {
  const { memory, record, signal } = cycle;
  const { run } = memory;
  if (!run || run.remaining.length === 0) return;
  if (cycle.clock.monotonic() < (run.waitsUntil ?? 0)) return;
  const entries = [...(record.status.migrations ?? []), ...peers.otherEntries];
  if (entries.some(({ state }) => state === 'Overdue')) return;
  const { concurrency } = record.policy.spec.migration;
  if (!mayBeginAny(entries, run, concurrency)) return;

  const inventory = justRead ?? (await cluster.proxmox.readInventory(signal));
  if (!inventory.quorate) throw notQuorate();
  const strangers = unaccounted(entries, inventory.runningMigrations, cluster.proxmox.user, memory.ended);
  if (strangers.length > 0) {
    dropRun(cycle, 'somebody else migrates guests as our Proxmox user');
    return;
  }
  const settings = balanceSettings(record.policy.spec);
  const undecided = whatIsUndecided(inventory.cluster, settings.exclusions);
  if (undecided !== undefined) {
    dropRun(cycle, undecided);
    return;
  }
  const { identity, proxmox } = cluster;
  const start = { cycle, proxmox, identity, inventory, settings, otherEntries: peers.otherEntries };
  await startMigrations(start, run);

  const begun = [...(record.status.migrations ?? []), ...peers.otherEntries];
  if (memory.run && mayBeginAny(begun, memory.run, concurrency)) {
    memory.run = { ...memory.run, waitsUntil: cycle.clock.monotonic() + OTHERS_POLL_MS };
  }
}

/** As far as can be told without a look at the cluster. */
function mayBeginAny(entries: readonly MigrationEntry[], run: Run, limits: ConcurrencyLimits): boolean {
  const ours = passages(entries, []);
  return run.remaining.some(
    (step) =>
      hasRoomFor(step, ours, limits) &&
      turnOf(step, courseOf(run, step, entries, NO_BONDS, 0)).kind !== 'Waits',
  );
}

export function notQuorate(): OperatorError {
  return new OperatorError(
    'NotQuorate',
    'The Proxmox cluster has no quorum, so nothing is migrated: bring its nodes back, `pvecm status` tells more',
  );
}
