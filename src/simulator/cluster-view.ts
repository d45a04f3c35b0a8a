import { serviceOf } from './ha/service.ts';
import type { Cluster } from './world/cluster.ts';
import { demandedCores, type Guest, guestMemoryBytes, hostMemoryBytes } from './world/guest.ts';
import { nodeLoad, settleLoadAverage } from './world/load.ts';
import { uptimeSeconds } from './world/node.ts';
import type { Task } from './world/task.ts';

/** What is true of the simulated cluster right now, for assertions and displays. Brings it up to the present first. */
export interface ClusterView {
  guests(): readonly GuestView[];
  /** Undefined when there is no such guest. */
  nodeOf(vmid: number): string | undefined;
  nodes(): readonly NodeView[];
  /** In the order they started. */
  tasks(): readonly TaskView[];
  /** What must never happen and did: overlapping migrations of one guest, a node out of memory. */
  violations(): readonly string[];
  /** Calls back with every task that starts, before it has done anything. */
  onTask(listener: (task: TaskView) => void): void;
}

export interface GuestView {
  readonly vmid: number;
  readonly type: 'qemu' | 'lxc';
  readonly name: string;
  readonly node: string;
  readonly status: 'running' | 'stopped' | 'paused';
  readonly lock: string | undefined;
  /** What HA's manager makes of it; undefined where HA does not manage it. */
  readonly haState: string | undefined;
  /** Busy share of its own CPUs. */
  readonly cpu: number;
  /** As the guest sees it. */
  readonly memoryBytes: number;
  /** What it takes from its node. */
  readonly hostMemoryBytes: number;
}

export interface NodeView {
  readonly name: string;
  readonly online: boolean;
  /** What HA's manager says of it. */
  readonly haState: 'online' | 'maintenance' | 'unknown' | 'fence';
  readonly uptimeSeconds: number;
  readonly cpus: number;
  /** Share of the logical CPUs that is busy. */
  readonly cpu: number;
  readonly loadAverage: readonly [number, number, number];
  readonly memoryUsedBytes: number;
  /** The part of that which is of guests still on their way here. */
  readonly memoryArrivedBytes: number;
  readonly memoryTotalBytes: number;
  readonly memoryFreeBytes: number;
  readonly ksmSharedBytes: number;
  readonly guests: number;
}

export interface TaskView {
  readonly upid: string;
  readonly node: string;
  readonly type: string;
  readonly user: string;
  /** The task's id when it is a VMID. */
  readonly vmid: number | undefined;
  /** For migrations. */
  readonly source: string | undefined;
  readonly target: string | undefined;
  /** Simulated time, milliseconds since the epoch. */
  readonly startTime: number;
  readonly endTime: number | undefined;
  /** Undefined while it runs. */
  readonly exitStatus: string | undefined;
  readonly log: readonly string[];
}

export function createClusterView(cluster: Cluster, settle: () => void): ClusterView {
  return {
    guests() {
      settle();
      return [...cluster.guests.values()].map((guest) => guestView(cluster, guest));
    },
    nodeOf(vmid) {
      settle();
      return cluster.guests.get(vmid)?.node;
    },
    nodes() {
      settle();
      return [...cluster.nodes.values()].map((node) => {
        settleLoadAverage(cluster, node);
        const load = nodeLoad(cluster, node);
        return {
          name: node.name,
          online: node.online,
          haState: node.haState,
          uptimeSeconds: node.online ? uptimeSeconds(node.bootTime, cluster.now()) : 0,
          cpus: node.cpus,
          cpu: load.cpu,
          loadAverage: node.loadAverage,
          memoryUsedBytes: load.memoryUsedBytes,
          memoryArrivedBytes: arrivedBytes(cluster, node.name),
          memoryTotalBytes: node.memoryBytes,
          memoryFreeBytes: load.memoryFreeBytes,
          ksmSharedBytes: load.ksmSharedBytes,
          guests: [...cluster.guestsOn(node.name)].length,
        };
      });
    },
    tasks() {
      settle();
      return cluster.tasks.all().map(viewOf);
    },
    violations() {
      settle();
      return cluster.violations;
    },
    onTask: (listener) => cluster.tasks.onStart((task) => listener(viewOf(task))),
  };
}

function arrivedBytes(cluster: Cluster, target: string): number {
  return [...cluster.arrivals.values()]
    .filter((arrival) => arrival.target === target)
    .reduce((sum, arrival) => sum + arrival.arrivedBytes(), 0);
}

function guestView(cluster: Cluster, guest: Guest): GuestView {
  const { vmid, type, name, node, status, lock } = guest;
  const elapsed = cluster.elapsedMs();
  const granted = nodeLoad(cluster, cluster.node(node)).granted;
  return {
    vmid,
    type,
    name,
    node,
    status,
    lock,
    haState: serviceOf(cluster, guest)?.state,
    cpu: (demandedCores(guest, elapsed) * granted) / guest.cpus,
    memoryBytes: guestMemoryBytes(guest, elapsed),
    hostMemoryBytes: hostMemoryBytes(guest, elapsed),
  };
}

function viewOf(task: Task): TaskView {
  return {
    upid: task.upid,
    node: task.node,
    type: task.type,
    user: task.user,
    vmid: /^\d+$/.test(task.id) ? Number(task.id) : undefined,
    source: task.migration?.source,
    target: task.migration?.target,
    startTime: task.startedAt,
    endTime: task.endedAt,
    exitStatus: task.exitStatus,
    log: [...task.log],
  };
}
