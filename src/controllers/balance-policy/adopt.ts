import { createHash } from 'node:crypto';
import type { MigrationEntry } from '../../api/generated/balance-policy.ts';
import { type Guest, guestRoomBytes } from '../../balancing/cluster.ts';
import { indexCluster } from '../../balancing/cluster-index.ts';
import { MOST_COMPANIONS } from '../../balancing/guest-block.ts';
import { NO_PLACEMENT } from '../../balancing/placement.ts';
import { formatBytes } from '../../lib/bytes.ts';
import { parseUpid } from '../../proxmox/upid.ts';
import { formatTime, shorten } from '../conditions.ts';
import type { Inventory, RunningMigration } from '../proxmox-cluster.ts';
import { companionsField } from './companions.ts';

const LONGEST_NAME = 64;

/** The entry of a running task of ours whose record was lost; undefined while it is not known where it goes. */
export function adoptedEntry(
  task: RunningMigration,
  inventory: Inventory,
  identity: string,
): MigrationEntry | undefined {
  if (task.target === undefined) return undefined;
  const guest = inventory.cluster.guests.find(({ vmid }) => vmid === task.vmid);
  const companions =
    guest && parseUpid(task.upid)?.type === 'hamigrate' ? companionsOf(guest, inventory) : [];
  return {
    id: `adopted-${createHash('sha256').update(task.upid).digest('hex').slice(0, 12)}`,
    vmid: task.vmid,
    type: task.type,
    name: shorten(guest?.name ?? '', LONGEST_NAME),
    source: task.node,
    target: task.target,
    ...(guest ? { memory: formatBytes(roomBytes([guest, ...companions])) } : {}),
    ...companionsField(companions),
    state: 'Running',
    identity,
    intentTime: formatTime(task.startTime),
    upid: task.upid,
    startTime: formatTime(task.startTime),
  };
}

/** Whom HA moves along, as far as they are still where it comes from. */
function companionsOf(guest: Guest, { cluster }: Inventory): readonly Guest[] {
  const index = indexCluster(cluster, NO_PLACEMENT);
  return index
    .movesWith(guest.vmid)
    .flatMap((vmid) => index.guest(vmid) ?? [])
    .filter(({ node, ha }) => node === guest.node && ha !== undefined)
    .slice(0, MOST_COMPANIONS);
}

function roomBytes(guests: readonly Guest[]): number {
  return guests.reduce((sum, guest) => sum + guestRoomBytes(guest), 0);
}
