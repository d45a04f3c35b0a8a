import { NODE, VMID } from '../http/parameters.ts';
import type { Call, Route } from '../http/route.ts';
import { demandAt } from '../world/demand.ts';
import { type Guest, hostMemoryBytes } from '../world/guest.ts';
import { ROOT_DISK_BYTES, ROOT_USED_BYTES } from '../world/node.ts';
import { type GuestType, pressuresOf } from './guests.ts';
import { isKnown } from './node-entry.ts';
import { diskBytes, usedDiskBytes } from './resources.ts';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const SWAP_BYTES = 8 * 1024 ** 3;

/** Step in seconds and number of rows (docs/proxmox-api.md §4.9); 9.x keeps finer figures. */
const FRAMES_9: Readonly<Record<string, readonly [number, number]>> = {
  hour: [MINUTE, 60],
  day: [MINUTE, 24 * 60],
  week: [30 * MINUTE, 7 * 48],
  month: [30 * MINUTE, 30 * 48],
  year: [6 * HOUR, 365 * 4],
  decade: [7 * 24 * HOUR, 570],
};
const FRAMES_8: Readonly<Record<string, readonly [number, number]>> = {
  hour: [MINUTE, 60],
  day: [30 * MINUTE, 48],
  week: [3 * HOUR, 56],
  month: [12 * HOUR, 60],
  year: [7 * 24 * HOUR, 52],
  decade: [7 * 24 * HOUR, 570],
};

/** The rows' times, oldest first; the newest is up to one step old. */
function times(call: Call): number[] {
  const frames = call.profile.features.has('pressure') ? FRAMES_9 : FRAMES_8;
  const [step, rows] = frames[call.parameters.text('timeframe') ?? 'hour'] ?? [MINUTE, 60];
  const newest = Math.floor(call.cluster.now() / 1000 / step) * step;
  return Array.from({ length: rows }, (_, index) => newest - (rows - 1 - index) * step);
}

/** What was recorded in the minute before; a row without it has only its time. */
function ofNode(call: Call) {
  const node = call.cluster.nodes.get(call.parameters.text('node') ?? '');
  const samples = new Map(node?.history.map((sample) => [Math.floor(sample.time / 60_000), sample]));
  return times(call).map((time) => {
    const sample = samples.get(Math.floor(time / 60) - 1) ?? samples.get(Math.floor(time / 60));
    if (!node || !sample) return { time };
    const pressure = sample.cpuPressure * 100;
    return {
      time,
      loadavg: sample.loadAverage,
      maxcpu: node.cpus,
      cpu: sample.cpu,
      iowait: 0.001,
      memtotal: node.memoryBytes,
      memused: sample.memoryUsedBytes,
      swaptotal: SWAP_BYTES,
      swapused: 0,
      roottotal: ROOT_DISK_BYTES,
      rootused: ROOT_USED_BYTES,
      netin: 120_000,
      netout: 90_000,
      ...(call.profile.features.has('pressure')
        ? {
            memavailable: node.memoryBytes - sample.memoryUsedBytes,
            arcsize: 0,
            pressurecpusome: pressure,
            pressureiosome: 0,
            pressureiofull: 0,
            pressurememorysome: 0,
            pressurememoryfull: 0,
          }
        : {}),
    };
  });
}

/** What the guest has asked for since it was started; nothing is kept of where it ran. */
function ofGuest(call: Call, type: GuestType) {
  const { cluster } = call;
  const guest = cluster.guests.get(call.parameters.number('vmid') ?? 0);
  const known = guest?.type === type && isKnown(cluster, cluster.node(guest.node));
  return times(call).map((time) => {
    const since = Math.floor((guest?.startTime ?? 0) / 1000);
    if (!guest || !known || guest.status === 'stopped' || time < since) return { time };
    return row(call, guest, time);
  });
}

function row(call: Call, guest: Guest, time: number) {
  const elapsed = Math.max(0, time * 1000 - (call.cluster.now() - call.cluster.elapsedMs()));
  const memory = Math.round(Math.min(guest.memoryBytes, demandAt(guest.memoryDemand, elapsed)));
  return {
    time,
    maxcpu: guest.cpus,
    cpu: Math.min(1, demandAt(guest.cpuDemand, elapsed) / guest.cpus),
    maxmem: guest.memoryBytes,
    mem: memory,
    maxdisk: diskBytes(guest),
    disk: usedDiskBytes(guest),
    netin: 38_000,
    netout: 90_000,
    diskread: 10_000,
    diskwrite: 88_000,
    ...(call.profile.features.has('pressure') ? pressuresOf(0) : {}),
    ...(call.profile.features.has('pressure') && guest.type === 'qemu'
      ? { memhost: hostMemoryBytes(guest, elapsed) }
      : {}),
  };
}

const CF = { type: 'string', values: ['AVERAGE', 'MAX'], optional: true } as const;
const FRAMES = ['hour', 'day', 'week', 'month', 'year'];

function guestRoute(type: GuestType): Route {
  return {
    method: 'GET',
    path: `/nodes/{node}/${type}/{vmid}/rrddata`,
    parameters: { node: NODE, vmid: VMID, timeframe: { type: 'string', values: FRAMES }, cf: CF },
    permission: { path: '/vms/{vmid}', anyOf: ['VM.Audit'] },
    forwarded: false,
    handle: (call) => ofGuest(call, type),
  };
}

export const rrdRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/nodes/{node}/rrddata',
    parameters: { node: NODE, timeframe: { type: 'string', values: [...FRAMES, 'decade'] }, cf: CF },
    permission: { path: '/nodes/{node}', anyOf: ['Sys.Audit'] },
    forwarded: false,
    handle: ofNode,
  },
  guestRoute('qemu'),
  guestRoute('lxc'),
];
