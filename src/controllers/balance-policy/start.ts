import type { MigrationEntry } from '../../api/generated/balance-policy.ts';
import type { BalanceSettings, PlannedMigration } from '../../balancing/plan.ts';
import type { Inventory, ProxmoxCluster } from '../proxmox-cluster.ts';
import type { PolicyCycle } from './policy-cycle.ts';

/** What the migrations of a run are begun with: who begins them, where, and what was read just before. */
export interface Start {
  readonly cycle: PolicyCycle;
  readonly proxmox: ProxmoxCluster;
  readonly identity: string;
  readonly inventory: Inventory;
  readonly settings: BalanceSettings;
  /** Entries under way of the other policies on the same physical cluster. */
  readonly otherEntries: readonly MigrationEntry[];
}

export function entriesOf({ cycle, otherEntries }: Start): readonly MigrationEntry[] {
  return [...(cycle.record.status.migrations ?? []), ...otherEntries];
}

/**
 * In which state the guest was when its migration was planned: only one that does not run takes no memory along. Those that
 * HA moves together all run.
 */
export function statusOf({ memoryBytes, companions }: PlannedMigration): 'running' | 'stopped' {
  return memoryBytes === 0 && companions.length === 0 ? 'stopped' : 'running';
}
