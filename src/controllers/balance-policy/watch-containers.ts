import type { HistoryEntry } from '../../api/generated/balance-policy.ts';
import { formatBytes } from '../../lib/bytes.ts';
import { isLocalFault } from '../../lib/local-fault.ts';
import type { ProxmoxCluster } from '../proxmox-cluster.ts';
import { movedGuests } from './companions.ts';
import type { PolicyCycle } from './policy-cycle.ts';

/**
 * A container is shut down to be migrated. When that takes too long Proxmox VE gives up, the container may stop later all
 * the same, and nothing starts it again (docs/proxmox-api.md §6.3). We do not either, but say so.
 */

/** Proxmox time. */
const WATCHED_MS = 600_000;
/** Of a container that was not running when it was to be migrated: it was not shut down. */
const WITHOUT_MEMORY = formatBytes(0);
const POLL_MS = 30_000;

/** Looks at the containers whose migration failed lately. Gives when to look again, undefined when there are none left. */
export async function watchContainers(
  cycle: PolicyCycle,
  proxmox: Pick<ProxmoxCluster, 'readGuest' | 'readTime'>,
): Promise<number | undefined> {
  const entries = candidates(cycle);
  if (entries.length === 0) {
    cycle.memory.failed.clear();
    return undefined;
  }
  const proxmoxTime = await proxmox.readTime(cycle.signal);
  let watching = false;
  for (const entry of entries) {
    if (isRecent(entry, proxmoxTime) && (await isStillWatched(cycle, proxmox, entry))) watching = true;
    else cycle.memory.watched.add(watchKey(entry));
  }
  return watching ? POLL_MS : undefined;
}

/** One for each container, also where it was to move along with another guest. */
function candidates({ record, memory }: PolicyCycle): readonly HistoryEntry[] {
  const history = (record.status.history ?? []).map((entry) => [entry.id, entry] as const);
  return [...new Map([...memory.failed, ...history]).values()]
    .filter(({ outcome, memory: taken }) => outcome === 'Failed' && taken !== WITHOUT_MEMORY)
    .flatMap((entry) => movedGuests(entry).map((guest) => ({ ...entry, ...guest })))
    .filter((entry) => entry.type === 'lxc' && !memory.watched.has(watchKey(entry)));
}

/** The last look is taken once the time is over. */
function isRecent({ endTime }: HistoryEntry, proxmoxTime: number): boolean {
  return Math.abs(proxmoxTime - Date.parse(endTime)) < WATCHED_MS + POLL_MS;
}

function watchKey({ id, vmid }: HistoryEntry): string {
  return `${id} ${vmid}`;
}

async function isStillWatched(
  cycle: PolicyCycle,
  proxmox: Pick<ProxmoxCluster, 'readGuest'>,
  entry: HistoryEntry,
): Promise<boolean> {
  try {
    const { vmid, type, source: node } = entry;
    const reading = await proxmox.readGuest({ vmid, type, node }, cycle.signal);
    if (reading.kind === 'Absent') return false;
    // One that is to run HA starts again by itself.
    if (reading.status === 'stopped' && reading.haState !== 'started') {
      cycle.announce.containerStopped(entry);
      return false;
    }
    return true;
  } catch (error) {
    if (!isLocalFault(error)) throw error;
    return true;
  }
}
