import type { Call } from '../http/route.ts';
import type { Cluster } from '../world/cluster.ts';
import { type Node, ROOT_DISK_BYTES } from '../world/node.ts';

/** What pvestatd tells vanishes when it was not renewed for this long (docs/proxmox-api.md §4.3). */
const EXPIRY_MS = 300_000;

/** A node as /nodes and /cluster/resources list it: figures of its last round, and only with Sys.Audit on it. */
export function nodeEntry(call: Call, node: Node): Readonly<Record<string, unknown>> {
  const { cluster } = call;
  const identity = { id: `node/${node.name}`, node: node.name, type: 'node' };
  const statistics = isKnown(cluster, node) ? node.statistics : undefined;
  if (!statistics) return { ...identity, status: node.online ? 'unknown' : 'offline' };
  const audited = call.may(`/nodes/${node.name}`, 'Sys.Audit');
  const sizes = { maxcpu: node.cpus, maxmem: node.memoryBytes, maxdisk: ROOT_DISK_BYTES };
  const usage = {
    uptime: statistics.uptimeSeconds,
    cpu: statistics.cpu,
    mem: statistics.memoryUsedBytes,
    disk: statistics.rootUsedBytes,
  };
  return {
    ...identity,
    status: node.online ? 'online' : 'offline',
    level: '',
    ...(audited ? sizes : {}),
    ...(audited && node.online ? usage : {}),
  };
}

/** Whether the cluster still has what the node last told about itself and its guests. */
export function isKnown(cluster: Cluster, node: Node): boolean {
  return node.statistics !== undefined && cluster.now() - node.statistics.time <= EXPIRY_MS;
}
