import type { Call, Route } from '../http/route.ts';
import type { Guest } from '../world/guest.ts';
import { type Node, ROOT_DISK_BYTES } from '../world/node.ts';
import { diskBytes, usedDiskBytes } from './resources.ts';

interface Metric {
  readonly id: string;
  readonly metric: string;
  readonly value: number;
  readonly timestamp: number;
  readonly type: 'gauge' | 'counter' | 'derive';
}

/**
 * GET /cluster/metrics/export: the last round of every node that can be asked, with its time (docs/proxmox-api.md §4.10).
 * Earlier rounds are not kept, so `history` adds nothing.
 */
function exportMetrics(call: Call) {
  const { cluster, parameters } = call;
  const wanted = parameters.text('node-list')?.split(',');
  const since = parameters.number('start-time') ?? 0;
  const nodes = [...cluster.nodes.values()].filter(
    (node) =>
      node.online &&
      (wanted === undefined || wanted.includes(node.name)) &&
      (!parameters.flag('local-only') || node === call.localNode),
  );
  const metrics = nodes.flatMap((node) => [
    ...ofNode(node),
    ...[...cluster.guestsOn(node.name)].flatMap((guest) => ofGuest(guest, node)),
    ...cluster.storagesOn(node.name).flatMap(({ name, usedBytes, sizeBytes }) =>
      gauges(`storage/${node.name}/${name}`, timeOf(node), {
        disk_used: usedBytes,
        disk_total: sizeBytes,
      }),
    ),
  ]);
  return { data: metrics.filter((metric) => metric.timestamp >= since) };
}

function timeOf(node: Node): number {
  return Math.floor((node.statistics?.time ?? 0) / 1000);
}

function ofNode(node: Node): Metric[] {
  const { statistics } = node;
  if (!statistics) return [];
  const [one, five, fifteen] = node.loadAverage;
  return gauges(`node/${node.name}`, timeOf(node), {
    uptime: statistics.uptimeSeconds,
    cpu_current: statistics.cpu,
    cpu_iowait: 0.001,
    cpu_max: node.cpus,
    cpu_avg1: one,
    cpu_avg5: five,
    cpu_avg15: fifteen,
    mem_total: node.memoryBytes,
    mem_used: statistics.memoryUsedBytes,
    swap_total: 8 * 1024 ** 3,
    swap_used: 0,
    disk_total: ROOT_DISK_BYTES,
    disk_used: statistics.rootUsedBytes,
  });
}

function ofGuest(guest: Guest, node: Node): Metric[] {
  const { statistics } = guest;
  if (!statistics || statistics.node !== node.name) return [];
  const id = `${guest.type}/${guest.vmid}`;
  const { netin, netout, diskread, diskwrite } = statistics.counters;
  const counters = { net_in: netin, net_out: netout, disk_read: diskread, disk_write: diskwrite };
  return [
    ...gauges(id, timeOf(node), {
      uptime: statistics.uptimeSeconds,
      cpu_current: statistics.cpu,
      cpu_max: guest.cpus,
      mem_total: guest.memoryBytes,
      mem_used: statistics.memoryBytes,
      disk_total: diskBytes(guest),
      disk_used: usedDiskBytes(guest),
    }),
    ...Object.entries(counters).map(
      ([metric, value]): Metric => ({ id, metric, value, timestamp: timeOf(node), type: 'derive' }),
    ),
  ];
}

function gauges(id: string, timestamp: number, values: Readonly<Record<string, number>>): Metric[] {
  return Object.entries(values).map(([metric, value]) => ({ id, metric, value, timestamp, type: 'gauge' }));
}

export const metricRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/cluster/metrics/export',
    parameters: {
      history: { type: 'boolean', optional: true },
      'local-only': { type: 'boolean', optional: true },
      'node-list': { type: 'string', optional: true },
      'start-time': { type: 'integer', optional: true },
    },
    permission: { path: '/', anyOf: ['Sys.Audit'] },
    forwarded: false,
    handle: exportMetrics,
  },
];
