import type { Cluster } from './cluster.ts';
import {
  countersOf,
  demandedCores,
  type Guest,
  type GuestStatistics,
  guestMemoryBytes,
  hostMemoryBytes,
} from './guest.ts';
import { type NodeLoad, nodeLoad, settleLoadAverage } from './load.ts';
import { type Node, ROOT_USED_BYTES, uptimeSeconds } from './node.ts';

const ROUND_MS = 10_000;

/**
 * pvestatd: every 10 s each node tells the cluster how it and its guests are doing; in between, and after the node is
 * gone, the cluster knows only that (docs/proxmox-api.md §4.3). The nodes' rounds do not coincide.
 */
export function startStatistics(cluster: Cluster): void {
  const nodes = [...cluster.nodes.values()];
  nodes.forEach((node, index) => {
    const offset = Math.round(((index + 1) / nodes.length) * ROUND_MS);
    const load = nodeLoad(cluster, node).demandedCores;
    node.loadAverage = [load, load, load];
    takeRound(cluster, node, true);
    const round = () => {
      if (node.online && !node.statisticsFrozen) takeRound(cluster, node, false);
      cluster.timeline.after(ROUND_MS, round);
    };
    cluster.timeline.after(offset, round);
  });
}

function takeRound(cluster: Cluster, node: Node, first: boolean): void {
  settleLoadAverage(cluster, node);
  const load = nodeLoad(cluster, node);
  if (load.memoryNeedBytes > node.memoryBytes) {
    cluster.violate(`node ${node.name} needs more memory than it has`);
  }
  node.statistics = {
    time: cluster.now(),
    uptimeSeconds: uptimeSeconds(node.bootTime, cluster.now()),
    cpu: load.cpu,
    memoryUsedBytes: load.memoryUsedBytes,
    rootUsedBytes: ROOT_USED_BYTES,
  };
  recordHistory(cluster, node, load);
  for (const guest of cluster.guestsOn(node.name)) {
    const current = liveStatistics(cluster, guest, load.granted);
    const known =
      first || (guest.statistics?.node === node.name && guest.statistics.startTime === guest.startTime);
    guest.statistics = known ? current : { ...current, cpu: 0 };
  }
}

const HISTORY_LENGTH = 61;

function recordHistory(cluster: Cluster, node: Node, load: NodeLoad): void {
  const { history } = node;
  const minute = Math.floor(cluster.now() / 60_000);
  const last = history.at(-1);
  if (last && Math.floor(last.time / 60_000) === minute) return;
  history.push({
    time: cluster.now(),
    loadAverage: node.loadAverage[0],
    cpu: load.cpu,
    cpuPressure: 1 - load.granted,
    memoryUsedBytes: load.memoryUsedBytes,
  });
  if (history.length > HISTORY_LENGTH) history.shift();
}

/** The guest as its node sees it at this moment. `granted`: the share of its CPU demand that the node can serve. */
export function liveStatistics(cluster: Cluster, guest: Guest, granted: number): GuestStatistics {
  const elapsed = cluster.elapsedMs();
  const uptime = guest.status === 'stopped' ? 0 : uptimeSeconds(guest.startTime, cluster.now());
  return {
    node: guest.node,
    startTime: guest.startTime,
    status: guest.status,
    uptimeSeconds: uptime,
    cpu: (demandedCores(guest, elapsed) * granted) / guest.cpus,
    memoryBytes: guestMemoryBytes(guest, elapsed),
    hostMemoryBytes: guest.type === 'qemu' ? hostMemoryBytes(guest, elapsed) : 0,
    counters: countersOf(guest, uptime),
  };
}
