import { serviceOf } from '../ha/service.ts';
import { serverError } from '../http/api-error.ts';
import { NODE, VMID } from '../http/parameters.ts';
import type { Call, Route } from '../http/route.ts';
import type { Guest } from '../world/guest.ts';
import { nodeLoad } from '../world/load.ts';
import { liveStatistics } from '../world/statistics.ts';
import { qemuDetails } from './qemu-details.ts';
import { diskBytes, usedDiskBytes } from './resources.ts';

export type GuestType = Guest['type'];

/** The guest a path names. Throws the 500 that PVE gives when it is not on that node (docs/proxmox-api.md §4.7). */
export function guestOf(call: Call, type: GuestType): Guest {
  const vmid = call.parameters.number('vmid') ?? 0;
  const guest = call.cluster.guests.get(vmid);
  if (guest && guest.type === type && guest.node === call.node.name) return guest;
  const folder = type === 'qemu' ? 'qemu-server' : 'lxc';
  throw serverError(`Configuration file 'nodes/${call.node.name}/${folder}/${vmid}.conf' does not exist`);
}

function list(call: Call, type: GuestType) {
  const full = type === 'qemu' && call.parameters.flag('full');
  const guests = [...call.cluster.guestsOn(call.node.name)].filter(
    (guest) => guest.type === type && call.may(`/vms/${guest.vmid}`, 'VM.Audit'),
  );
  return call.shuffle(guests.map((guest) => describe(call, guest, full)));
}

function current(call: Call, type: GuestType) {
  const guest = guestOf(call, type);
  const service = serviceOf(call.cluster, guest);
  const ha = service === undefined ? { managed: 0 } : { managed: 1, state: service.state };
  return {
    ...describe(call, guest, true),
    ha,
    ...(type === 'qemu' && guest.status !== 'stopped' ? { agent: 1 } : {}),
  };
}

/** The guest as its node sees it now. `full`: with what QEMU itself tells. */
function describe(call: Call, guest: Guest, full: boolean) {
  const { granted } = nodeLoad(call.cluster, call.node);
  const statistics = liveStatistics(call.cluster, guest, granted);
  const running = guest.status !== 'stopped';
  const { netin, netout, diskread, diskwrite } = statistics.counters;
  const common = {
    vmid: guest.vmid,
    name: guest.name,
    status: running ? 'running' : 'stopped',
    cpus: guest.cpus,
    cpu: statistics.cpu,
    maxmem: guest.memoryBytes,
    disk: usedDiskBytes(guest),
    maxdisk: diskBytes(guest),
    uptime: statistics.uptimeSeconds,
    netin,
    netout,
    ...(running ? { pid: guest.pid } : {}),
    ...configured(guest),
    ...(guest.template ? { template: 1 } : {}),
    ...(guest.lock === undefined ? {} : { lock: guest.lock }),
    ...(guest.tags.length === 0 ? {} : { tags: guest.tags.join(';') }),
  };
  // What waits for a CPU waits for the share it does not get.
  const pressures = pressuresOf((1 - granted) * 100);
  const tellsPressure = call.profile.features.has('pressure');
  if (guest.type === 'lxc') {
    return {
      ...common,
      // Half CPUs come from a limit, which is text.
      cpus: Number.isInteger(guest.cpus) ? guest.cpus : String(guest.cpus),
      type: 'lxc',
      mem: statistics.memoryBytes,
      swap: 0,
      maxswap: SWAP_BYTES,
      diskread,
      diskwrite,
      ...(running && tellsPressure ? mapValues(pressures, (value) => value.toFixed(2)) : {}),
    };
  }
  return {
    ...common,
    mem: full ? statistics.memoryBytes : statistics.hostMemoryBytes,
    ...(tellsPressure ? { memhost: statistics.hostMemoryBytes } : {}),
    ...(running && tellsPressure ? pressures : {}),
    ...(full ? qemuDetails(call, guest, statistics) : {}),
  };
}

/** What lists show of a VM's configuration where it says something. */
function configured(guest: Guest) {
  const { balloon, shares, serial0 } = guest.config;
  return {
    ...(balloon === undefined || balloon === 0
      ? {}
      : { balloon_min: Number(balloon) * 1024 ** 2, shares: Number(shares ?? 1000) }),
    ...(serial0 === undefined ? {} : { serial: 1 }),
  };
}

const SWAP_BYTES = 512 * 1024 ** 2;

export function pressuresOf(cpu: number) {
  return {
    pressurecpusome: Math.round(cpu * 100) / 100,
    pressurecpufull: Math.round(cpu * 90) / 100,
    pressureiosome: 0,
    pressureiofull: 0,
    pressurememorysome: 0,
    pressurememoryfull: 0,
  };
}

function mapValues<T>(
  values: Readonly<Record<string, number>>,
  map: (value: number) => T,
): Record<string, T> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, map(value)]));
}

function routesOf(type: GuestType): Route[] {
  return [
    {
      method: 'GET',
      path: `/nodes/{node}/${type}`,
      parameters: { node: NODE, ...(type === 'qemu' ? { full: { type: 'boolean', optional: true } } : {}) },
      forwarded: true,
      handle: (call) => list(call, type),
    },
    {
      method: 'GET',
      path: `/nodes/{node}/${type}/{vmid}/status/current`,
      parameters: { node: NODE, vmid: VMID },
      permission: { path: '/vms/{vmid}', anyOf: ['VM.Audit'] },
      forwarded: true,
      handle: (call) => current(call, type),
    },
  ];
}

export const guestRoutes: readonly Route[] = [...routesOf('qemu'), ...routesOf('lxc')];
