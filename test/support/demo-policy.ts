import type {
  BalancePolicyStatus,
  HistoryEntry,
  MigrationEntry,
} from '../../src/api/generated/balance-policy.ts';
import { validatePolicy } from '../../src/api/validation/validate-manifest.ts';
import type { StoredPolicy } from '../../src/controllers/resources.ts';

/** A policy as the demo reads it from the API server. */
export function demoPolicy(status: BalancePolicyStatus): StoredPolicy {
  const metadata = { name: 'lab', namespace: 'proxmox', uid: 'u', resourceVersion: '1', generation: 1 };
  const validation = validatePolicy({
    apiVersion: 'pve-cslb.io/v1alpha1',
    kind: 'BalancePolicy',
    metadata: { name: 'lab', namespace: 'proxmox' },
    spec: { clusterRef: { name: 'lab' }, mode: 'Automatic' },
  });
  if (validation.kind !== 'Valid') throw new Error('the policy of the test is not valid');
  return { ...validation.object, metadata, status };
}

export function runningEntry(vmid: number, changes: Partial<MigrationEntry> = {}): MigrationEntry {
  return {
    id: `run-${vmid}`,
    vmid,
    type: 'qemu',
    name: `vm-${vmid}`,
    source: 'pve1',
    target: 'pve2',
    state: 'Running',
    identity: 'lab',
    intentTime: '2026-01-01T00:00:00Z',
    ...changes,
  };
}

export function endedEntry(vmid: number, changes: Partial<HistoryEntry> = {}): HistoryEntry {
  return {
    id: `run-${vmid}`,
    vmid,
    type: 'qemu',
    name: `vm-${vmid}`,
    source: 'pve1',
    target: 'pve2',
    outcome: 'Succeeded',
    message: 'Migrated.',
    startTime: '2026-01-01T00:00:00Z',
    endTime: '2026-01-01T00:01:35Z',
    ...changes,
  };
}
