import type { Cluster } from './cluster.ts';
import { demandedCores, type Guest, hostMemoryBytes } from './guest.ts';
import type { Node } from './node.ts';

/** What a node carries at the present moment. */
export interface NodeLoad {
  /** Cores that guests and node would keep busy; more than the node has when they compete. */
  readonly demandedCores: number;
  /** Share of the node's logical CPUs that is busy. */
  readonly cpu: number;
  /** Share of what a guest asks for that it gets. */
  readonly granted: number;
  /** Before KSM; more than the node has means that it is out of memory. */
  readonly memoryNeedBytes: number;
  readonly ksmSharedBytes: number;
  readonly memoryUsedBytes: number;
  /** Less than what is not used: part of that is caches (docs/proxmox-api.md §4.5). */
  readonly memoryFreeBytes: number;
}

// As ksmtuned does by default: it starts to merge when less than a fifth is free.
const KSM_THRESHOLD = 0.8;
const CACHE_SHARE = 0.1;

export function nodeLoad(cluster: Cluster, node: Node): NodeLoad {
  const elapsed = cluster.elapsedMs();
  let cores = node.baseCpuCores;
  let memory = node.baseMemoryBytes;
  let mergeable = 0;
  for (const guest of cluster.guestsOn(node.name)) {
    const bytes = hostMemoryBytes(guest, elapsed);
    cores += demandedCores(guest, elapsed);
    memory += bytes;
    if (guest.type === 'qemu') mergeable += bytes;
  }
  for (const arrival of cluster.arrivals.values()) {
    if (arrival.target === node.name) memory += arrival.arrivedBytes();
  }
  const need = Math.round(memory);
  const shared = need > KSM_THRESHOLD * node.memoryBytes ? Math.round(mergeable * node.ksmShare) : 0;
  const used = Math.min(node.memoryBytes, need - shared);
  return {
    demandedCores: cores,
    cpu: Math.min(1, cores / node.cpus),
    granted: Math.min(1, node.cpus / cores),
    memoryNeedBytes: need,
    ksmSharedBytes: shared,
    memoryUsedBytes: used,
    memoryFreeBytes: Math.round((node.memoryBytes - used) * (1 - CACHE_SHARE)),
  };
}

/** Whether the node has memory for the guest's process, counting in full what is on its way to the node. */
export function hasMemoryFor(cluster: Cluster, node: Node, guest: Guest): boolean {
  let need = nodeLoad(cluster, node).memoryNeedBytes;
  for (const [vmid, arrival] of cluster.arrivals) {
    if (arrival.target === node.name && vmid !== guest.vmid)
      need += arrival.totalBytes - arrival.arrivedBytes();
  }
  return need + hostMemoryBytes({ ...guest, status: 'running' }, cluster.elapsedMs()) <= node.memoryBytes;
}

const WINDOWS_MS = [60_000, 300_000, 900_000] as const;

/** Brings a node's load averages up to now, for the load it has had since they were last brought up. */
export function settleLoadAverage(cluster: Cluster, node: Node): void {
  const elapsed = cluster.now() - node.loadTime;
  if (elapsed <= 0) return;
  const target = nodeLoad(cluster, node).demandedCores;
  const [one, five, fifteen] = WINDOWS_MS.map((window, index) => {
    const before = node.loadAverage[index] ?? 0;
    return target + (before - target) * Math.exp(-elapsed / window);
  });
  node.loadAverage = [one ?? 0, five ?? 0, fifteen ?? 0];
  node.loadTime = cluster.now();
}
