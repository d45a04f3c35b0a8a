import { createHash } from 'node:crypto';
import type { MigrationEntry } from '../../api/generated/balance-policy.ts';
import { guestRoomBytes } from '../../balancing/cluster.ts';
import { formatBytes } from '../../lib/bytes.ts';
import { formatTime, shorten } from '../conditions.ts';
import type { Inventory, RunningMigration } from '../proxmox-cluster.ts';

const LONGEST_NAME = 64;

/** The entry of a running task of ours whose record was lost; undefined while it is not known where it goes. */
export function adoptedEntry(
  task: RunningMigration,
  inventory: Inventory,
  identity: string,
): MigrationEntry | undefined {
  if (task.target === undefined) return undefined;
  const guest = inventory.cluster.guests.find(({ vmid }) => vmid === task.vmid);
  return {
    id: `adopted-${createHash('sha256').update(task.upid).digest('hex').slice(0, 12)}`,
    vmid: task.vmid,
    type: task.type,
    name: shorten(guest?.name ?? '', LONGEST_NAME),
    source: task.node,
    target: task.target,
    ...(guest ? { memory: formatBytes(guestRoomBytes(guest)) } : {}),
    state: 'Running',
    identity,
    intentTime: formatTime(task.startTime),
    upid: task.upid,
    startTime: formatTime(task.startTime),
  };
}
