import type { Cluster } from '../balancing/cluster.ts';
import { unexpected } from './answer-shape.ts';
import { readNodes } from './cluster-nodes.ts';
import { readClusterWide } from './cluster-reads.ts';
import { storagesOf } from './cluster-storages.ts';
import { justMigrated, readGuestEntry, replicationTargets, withoutDuplicates } from './guest-entry.ts';
import type { ProxmoxAnswer, ProxmoxReader, Query } from './reader.ts';
import {
  activeTasks,
  incomingMemory,
  type RunningMigration,
  runningMigrations,
  runningTasks,
} from './running-migration.ts';
import type { ClusterStatusEntry } from './schemas/cluster-status.ts';
import { createTargetMemory, type TargetMemory, targetIfReadable } from './target-memory.ts';

/** Everything a plan needs to know of a cluster. */
export interface Inventory {
  readonly cluster: Cluster;
  readonly quorate: boolean;
  /** Of the oldest answer it was made from. */
  readonly proxmoxTime: number;
  /** Migrate tasks running anywhere in the cluster, whoever started them. */
  readonly runningMigrations: readonly RunningMigration[];
  readonly apiCalls: number;
}

/** Beside one for each node. What the cluster-wide reads leave goes to logs of foreign migrations. */
const MOST_CALLS = 9;

/**
 * Reads a cluster in at most 9 + N calls. A cluster-wide read that fails or has a wrong shape throws: on half the truth
 * nothing may be moved. What concerns one node or one guest only takes that one out, with a detail that says why.
 * The reader bounds how many calls are in flight.
 *
 * @param targets Kept by the caller between inventories, so that each migration's log is read once.
 */
export async function readInventory(
  reader: ProxmoxReader,
  signal: AbortSignal = new AbortController().signal,
  targets: TargetMemory = createTargetMemory(),
): Promise<Inventory> {
  let apiCalls = 0;
  let proxmoxTime = Number.POSITIVE_INFINITY;

  async function get(path: string, query?: Query): Promise<ProxmoxAnswer> {
    apiCalls += 1;
    const answer = await reader.get(path, query, signal);
    proxmoxTime = Math.min(proxmoxTime, answer.proxmoxTime);
    return answer;
  }

  async function readMigrations(
    found: readonly RunningMigration[],
    logReads: number,
  ): Promise<readonly RunningMigration[]> {
    const unread = found.filter(({ upid }) => targets.known(upid) === undefined).slice(0, logReads);
    await Promise.all(unread.map(({ upid }) => targetIfReadable(targets, { get }, upid, signal)));
    return found.map((migration) => ({ ...migration, target: targets.known(migration.upid) }));
  }

  const reads = await readClusterWide(get);
  const clusterWide = apiCalls;
  const quorate = isQuorate(reads.status);
  const running = runningTasks(reads.tasks, reads.status);
  const [nodes, migrations] = await Promise.all([
    readNodes(reads, get, signal),
    readMigrations(runningMigrations(running, reads.resources), Math.max(0, MOST_CALLS - clusterWide)),
  ]);
  const context = {
    nodes: new Map(nodes.map((node) => [node.name, node])),
    ha: reads.ha,
    replicationTargets: replicationTargets(reads.replication),
    activeTasks: activeTasks(running),
    justMigrated: justMigrated(reads.tasks, reads.resourcesTime),
  };
  const entries = reads.resources.filter(({ type }) => type === 'qemu' || type === 'lxc');
  const readings = withoutDuplicates(entries.map((entry) => readGuestEntry(entry, context)));
  const guests = readings.flatMap((reading) => (reading.kind === 'Guest' ? [reading.guest] : []));
  const unreadable = readings.flatMap((reading) => (reading.kind === 'Unreadable' ? [reading.guest] : []));
  return {
    cluster: {
      nodes,
      guests,
      unreadable,
      incoming: incomingMemory(migrations, nodes, guests),
      ha: reads.ha.ha,
      storages: storagesOf(reads.resources),
    },
    quorate,
    proxmoxTime,
    runningMigrations: migrations,
    apiCalls,
  };
}

/** A standalone host has no cluster entry and needs no quorum. */
export function isQuorate(status: readonly ClusterStatusEntry[]): boolean {
  const cluster = status.find((entry) => entry.type === 'cluster');
  if (cluster) return Boolean(cluster.quorate);
  if (status.length === 1) return true;
  throw unexpected('/cluster/status', 'it has several nodes and no entry of type `cluster`');
}
