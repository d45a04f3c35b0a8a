import type { Cluster, ClusterNode } from '../balancing/cluster.ts';
import { isOperatorError, messageOf } from '../lib/errors.ts';
import { unexpected } from './answer-shape.ts';
import { readGuestEntry, withoutDuplicates } from './guest-entry.ts';
import { type Membership, membershipOf, type NodeStatusReading, onlineNode } from './node-availability.ts';
import { apiPath, type ProxmoxAnswer, type ProxmoxReader, type Query } from './reader.ts';
import {
  activeTasks,
  incomingMemory,
  type RunningMigration,
  runningMigrations,
} from './running-migration.ts';
import {
  clusterResources,
  type NodeResource,
  nodeIdentity,
  nodeResource,
  type ResourceEntry,
} from './schemas/cluster-resources.ts';
import { type ClusterStatusEntry, clusterStatus } from './schemas/cluster-status.ts';
import { taskList } from './schemas/cluster-tasks.ts';
import { haManagerStatus, haResources } from './schemas/ha.ts';
import { nodeStatus } from './schemas/node-status.ts';
import { replicationJobs } from './schemas/replication.ts';
import { createTargetMemory, type TargetMemory, targetIfReadable } from './target-memory.ts';
import { parseVmid } from './upid.ts';

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

/** With the six cluster-wide reads and N nodes this keeps an inventory within 9 + N calls. */
const LOG_READS = 3;

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
  const counting: ProxmoxReader = { get };

  async function get(path: string, query?: Query): Promise<ProxmoxAnswer> {
    apiCalls += 1;
    const answer = await reader.get(path, query, signal);
    proxmoxTime = Math.min(proxmoxTime, answer.proxmoxTime);
    return answer;
  }

  const [resourcesAnswer, statusAnswer, tasksAnswer, managerAnswer, haAnswer, replicationAnswer] =
    await Promise.all([
      get('/cluster/resources'),
      get('/cluster/status'),
      get('/cluster/tasks'),
      get('/cluster/ha/status/manager_status'),
      get('/cluster/ha/resources'),
      get('/cluster/replication'),
    ]);
  const resources = clusterResources.expect(resourcesAnswer.data, '/cluster/resources');
  const status = clusterStatus.expect(statusAnswer.data, '/cluster/status');
  const tasks = taskList.expect(tasksAnswer.data, '/cluster/tasks');
  const ha = haManagerStatus.expect(managerAnswer.data, '/cluster/ha/status/manager_status');
  const managed = haResources.expect(haAnswer.data, '/cluster/ha/resources');
  const replicated = replicationJobs.expect(replicationAnswer.data, '/cluster/replication');

  async function readStatus(node: string): Promise<NodeStatusReading> {
    const path = apiPath('nodes', node, 'status');
    try {
      const answer = await get(path);
      const secondsAfterResources = Math.max(0, answer.proxmoxTime - resourcesAnswer.proxmoxTime) / 1_000;
      return { kind: 'Read', status: nodeStatus.expect(answer.data, path), secondsAfterResources };
    } catch (error) {
      if (signal.aborted || !isOperatorError(error)) throw error;
      return { kind: 'Failed', detail: messageOf(error) };
    }
  }

  async function readNode(listed: ListedNode): Promise<ClusterNode> {
    const { name, resource } = listed;
    const membership: Membership = membershipOf(name, listed.online, resource, ha);
    if (membership.kind === 'Absent') {
      const { availability, detail } = membership;
      return { name, uptimeSeconds: resource?.uptime ?? 0, availability, detail };
    }
    if (!resource)
      return { name, uptimeSeconds: 0, availability: 'Unknown', doubt: 'Unread', detail: listed.fault };
    return onlineNode(name, resource, await readStatus(name));
  }

  const found = runningMigrations(tasks, resources);
  const unread = found.filter((migration) => targets.known(migration.upid) === undefined).slice(0, LOG_READS);
  const [nodes] = await Promise.all([
    Promise.all(listedNodes(resources, status).map(readNode)),
    Promise.all(unread.map((migration) => targetIfReadable(targets, counting, migration.upid, signal))),
  ]);
  const migrations = found.map((migration) => ({ ...migration, target: targets.known(migration.upid) }));

  const context = {
    nodes: new Map(nodes.map((node) => [node.name, node])),
    haManaged: new Set(
      managed.flatMap(({ sid, state }) => (state === 'ignored' ? [] : (vmidOfSid(sid) ?? []))),
    ),
    replicated: new Set(replicated.map((job) => job.guest)),
    activeTasks: activeTasks(tasks),
  };
  const readings = withoutDuplicates(
    resources
      .filter(({ type }) => type === 'qemu' || type === 'lxc')
      .map((entry) => readGuestEntry(entry, context)),
  );
  const guests = readings.flatMap((reading) => (reading.kind === 'Guest' ? [reading.guest] : []));
  const unreadable = readings.flatMap((reading) => (reading.kind === 'Unreadable' ? [reading.guest] : []));

  return {
    cluster: { nodes, guests, unreadable, incoming: incomingMemory(migrations, nodes, guests) },
    quorate: isQuorate(status),
    proxmoxTime,
    runningMigrations: migrations,
    apiCalls,
  };
}

interface ListedNode {
  readonly name: string;
  readonly online: boolean;
  readonly resource: NodeResource | undefined;
  /** Why there is no resource. */
  readonly fault: string;
}

/** The cluster's members, by name, with what /cluster/resources says of each. */
function listedNodes(
  resources: readonly ResourceEntry[],
  status: readonly ClusterStatusEntry[],
): readonly ListedNode[] {
  const entries = resources.filter((entry) => entry.type === 'node');
  const identities = entries.map((entry) => nodeIdentity.expect(entry, '/cluster/resources'));
  const members = new Map(status.flatMap((entry) => (entry.type === 'node' ? [[entry.name, entry]] : [])));
  const names = [...new Set([...members.keys(), ...identities.map((identity) => identity.node)])].sort();
  return names.map((name) => {
    const own = entries.filter((_, index) => identities[index]?.node === name);
    const [entry] = own;
    const fault =
      own.length > 1
        ? '/cluster/resources lists it more than once'
        : entry
          ? `its entry in /cluster/resources is malformed: ${nodeResource.fault(entry) ?? ''}`
          : '/cluster/resources does not list it';
    return {
      name,
      // A node that resources know and the membership does not is one that is leaving.
      online: Boolean(members.get(name)?.online),
      resource: own.length === 1 && nodeResource.matches(entry) ? entry : undefined,
      fault,
    };
  });
}

/** A standalone host has no cluster entry and needs no quorum. */
export function isQuorate(status: readonly ClusterStatusEntry[]): boolean {
  const cluster = status.find((entry) => entry.type === 'cluster');
  if (cluster) return Boolean(cluster.quorate);
  if (status.length === 1) return true;
  throw unexpected('/cluster/status', 'it has several nodes and no entry of type `cluster`');
}

function vmidOfSid(sid: string): number | undefined {
  return /^(?:vm|ct):/.test(sid) ? parseVmid(sid.slice(3)) : undefined;
}
