import type { Cluster, ClusterNode, Guest, OnlineNode } from '../../../src/balancing/cluster.ts';

/**
 * A cluster while guests move in it, on the additive model: a guest takes its memory and its busy CPUs from one node to
 * the other, and nothing else changes. Written without the planner's own code, so that it can judge it.
 */
export interface AdditiveCluster {
  /** Undefined for a guest that the cluster does not have. */
  guest(vmid: number): Guest | undefined;
  /** Where it is at present. */
  nodeOf(vmid: number): string | undefined;
  load(node: string): NodeLoad;
  move(vmid: number, target: string): void;
  /** The same as a planner would read it now. */
  cluster(): Cluster;
}

export interface NodeLoad {
  readonly memoryBytes: number;
  /** Busy logical CPUs. */
  readonly busyCpus: number;
}

const IDLE: NodeLoad = { memoryBytes: 0, busyCpus: 0 };

export function createAdditiveCluster(initial: Cluster): AdditiveCluster {
  const guests = new Map(initial.guests.map((guest) => [guest.vmid, guest]));
  const places = new Map(initial.guests.map(({ vmid, node }) => [vmid, node]));
  const loads = new Map(initial.nodes.filter(isOnline).map((node) => [node.name, loadOf(node)]));

  function add(node: string, guest: Guest, sign: 1 | -1): void {
    const before = loads.get(node);
    if (before === undefined) return;
    loads.set(node, {
      memoryBytes: before.memoryBytes + sign * memoryTaken(guest),
      busyCpus: before.busyCpus + sign * busyCpusTaken(guest),
    });
  }

  return {
    guest: (vmid) => guests.get(vmid),
    nodeOf: (vmid) => places.get(vmid),
    load: (node) => loads.get(node) ?? IDLE,
    move(vmid, target) {
      const guest = guests.get(vmid);
      const source = places.get(vmid);
      if (guest === undefined || source === undefined) return;
      add(source, guest, -1);
      add(target, guest, 1);
      places.set(vmid, target);
    },
    cluster: () => ({
      ...initial,
      nodes: initial.nodes.map((node) => withLoad(node, loads.get(node.name))),
      guests: initial.guests.map((guest) => ({ ...guest, node: places.get(guest.vmid) ?? guest.node })),
    }),
  };
}

/** What it occupies on its node, and what is copied when it moves. */
export function memoryTaken(guest: Guest): number {
  if (guest.status === 'stopped') return 0;
  return guest.memoryHostBytes > 0 ? guest.memoryHostBytes : guest.memoryBytes;
}

export function busyCpusTaken(guest: Guest): number {
  return guest.status === 'running' ? guest.cpuUsedShare * guest.cpuCount : 0;
}

export function isOnline(node: ClusterNode): node is OnlineNode {
  return node.availability === 'Online';
}

/** Logical CPUs of a node. */
export function cpusOf({ figures }: OnlineNode): number {
  return Math.max(1, figures.cpuThreads, figures.cpuCores);
}

function loadOf(node: OnlineNode): NodeLoad {
  return {
    memoryBytes: node.figures.memoryUsedBytes,
    busyCpus: node.figures.cpuUsedShare * cpusOf(node),
  };
}

function withLoad(node: ClusterNode, load: NodeLoad | undefined): ClusterNode {
  if (!isOnline(node) || load === undefined) return node;
  const { figures } = node;
  const before = loadOf(node);
  const moreBusy = load.busyCpus - before.busyCpus;
  const [one, five, fifteen] = figures.loadAverage;
  return {
    ...node,
    figures: {
      ...figures,
      memoryUsedBytes: load.memoryBytes,
      memoryFreeBytes: Math.max(0, figures.memoryFreeBytes - (load.memoryBytes - before.memoryBytes)),
      cpuUsedShare: Math.max(0, load.busyCpus / cpusOf(node)),
      loadAverage: [
        Math.max(0, one + moreBusy),
        Math.max(0, five + moreBusy),
        Math.max(0, fifteen + moreBusy),
      ],
    },
  };
}
