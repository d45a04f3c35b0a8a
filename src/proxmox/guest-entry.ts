import type { ClusterNode, Guest, UnreadableGuest } from '../balancing/cluster.ts';
import type { HaReading } from './ha-state.ts';
import { numberOf } from './node-availability.ts';
import {
  type GuestResource,
  guestIdentity,
  guestResource,
  type ResourceEntry,
} from './schemas/cluster-resources.ts';
import type { TaskEntry } from './schemas/cluster-tasks.ts';
import type { ReplicationJob } from './schemas/replication.ts';
import { isMigrateTask, parseVmid } from './upid.ts';

/** What is known of guests from elsewhere than /cluster/resources. */
interface GuestContext {
  readonly nodes: ReadonlyMap<string, ClusterNode>;
  readonly ha: HaReading;
  /** Where guests are replicated to, by VMID. */
  readonly replicationTargets: ReadonlyMap<number, readonly string[]>;
  /** UPID type of a task running on the guest, by VMID. */
  readonly activeTasks: ReadonlyMap<number, string>;
  /** VMIDs of guests whose migration ended a moment ago. */
  readonly justMigrated: ReadonlySet<number>;
}

/** Two rounds of PVE's statistics and their broadcast (docs/proxmox-api.md §4.3, Staleness). */
const SETTLE_SECONDS = 25;

type GuestReadingOfEntry =
  | { readonly kind: 'Guest'; readonly guest: Guest }
  | { readonly kind: 'Unreadable'; readonly guest: UnreadableGuest };

/** A guest's entry of /cluster/resources; never throws, so that one bad entry does not hide the others. */
export function readGuestEntry(entry: ResourceEntry, context: GuestContext): GuestReadingOfEntry {
  if (!guestIdentity.matches(entry)) {
    return unreadable(entry, guestIdentity.fault(entry) ?? 'it has a wrong form');
  }
  const node = context.nodes.get(entry.node);
  if (!node) return unreadable(entry, `its node ${entry.node} is not in the cluster`);
  const fault = guestResource.fault(entry);
  if (fault !== undefined || !guestResource.matches(entry))
    return unreadable(entry, `its entry is malformed: ${fault}`);
  // The guests of a dead node keep their last words for minutes: whatever they say, nothing of them is known.
  if (node.availability === 'Offline') return guestOf({ ...entry, status: 'unknown' }, context);
  if (entry.status === 'unknown') return unreadable(entry, 'its node has no statistics of it');
  if (entry.status === 'running') {
    const missing = missingFigure(entry);
    if (missing) return unreadable(entry, `it is running, but its \`${missing}\` is missing or 0`);
  }
  return guestOf(entry, context);
}

/** A running guest without its figures would weigh nothing and fit everywhere. A `cpu` of 0 is an idle guest. */
function missingFigure(entry: GuestResource): string | undefined {
  if (entry.cpu === undefined) return 'cpu';
  if (!numberOf(entry.maxcpu ?? 0)) return 'maxcpu';
  if (!entry.mem) return 'mem';
  return entry.maxmem ? undefined : 'maxmem';
}

function guestOf(entry: GuestResource, context: GuestContext): GuestReadingOfEntry {
  return {
    kind: 'Guest',
    guest: {
      vmid: entry.vmid,
      type: entry.type,
      name: entry.name || String(entry.vmid),
      node: entry.node,
      status: entry.status,
      template: Boolean(entry.template),
      lock: entry.lock || undefined,
      tags: (entry.tags ?? '').split(/[;,\s]+/).filter((tag) => tag !== ''),
      pool: entry.pool || undefined,
      ha: context.ha.serviceOf(entry.vmid, entry.hastate),
      replicationTargets: context.replicationTargets.get(entry.vmid),
      activeTask: context.activeTasks.get(entry.vmid),
      cpuUsedShare: entry.cpu ?? 0,
      cpuCount: numberOf(entry.maxcpu ?? 0),
      memoryBytes: entry.mem ?? 0,
      memoryHostBytes: entry.memhost ?? 0,
      memoryMaxBytes: entry.maxmem ?? 0,
      uptimeSeconds: entry.uptime ?? 0,
      settling: isSettling(entry, context),
      examination: undefined,
    },
  };
}

function isSettling(entry: GuestResource, { justMigrated }: GuestContext): boolean {
  if (entry.status !== 'running') return false;
  return (entry.uptime ?? 0) < SETTLE_SECONDS || justMigrated.has(entry.vmid);
}

/** Guests whose migrate task ended within the last moments; an end in the future is another clock's. */
export function justMigrated(tasks: readonly TaskEntry[], proxmoxTime: number): ReadonlySet<number> {
  const recent = tasks.filter(({ type, endtime }) => {
    if (endtime === undefined || !isMigrateTask(type)) return false;
    return Math.abs(proxmoxTime / 1_000 - endtime) < SETTLE_SECONDS;
  });
  return new Set(recent.flatMap(({ id }) => parseVmid(id) ?? []));
}

export function replicationTargets(jobs: readonly ReplicationJob[]): ReadonlyMap<number, readonly string[]> {
  const targets = new Map<number, readonly string[]>();
  for (const { guest, target } of jobs) {
    const more = typeof target === 'string' ? [target] : [];
    targets.set(guest, [...(targets.get(guest) ?? []), ...more]);
  }
  return targets;
}

/** Names the guest as far as its entry does: vmid 0 and node '' stand for what it does not say. */
function unreadable(entry: Partial<ResourceEntry>, detail: string): GuestReadingOfEntry {
  const vmid = entry.vmid;
  const node = entry.node;
  return {
    kind: 'Unreadable',
    guest: {
      vmid: typeof vmid === 'number' && Number.isInteger(vmid) && vmid > 0 ? vmid : 0,
      node: typeof node === 'string' ? node.slice(0, 63) : '',
      detail,
    },
  };
}

/** Two entries with one VMID: neither says where the guest is. */
export function withoutDuplicates(readings: readonly GuestReadingOfEntry[]): readonly GuestReadingOfEntry[] {
  const counts = new Map<number, number>();
  for (const { guest } of readings) counts.set(guest.vmid, (counts.get(guest.vmid) ?? 0) + 1);
  return readings.map((reading) => {
    if (reading.kind === 'Unreadable' || (counts.get(reading.guest.vmid) ?? 0) < 2) return reading;
    const { vmid, node } = reading.guest;
    return { kind: 'Unreadable', guest: { vmid, node, detail: 'the cluster lists its VMID more than once' } };
  });
}
