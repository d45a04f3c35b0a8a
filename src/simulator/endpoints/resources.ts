import type { Call, Route } from '../http/route.ts';
import type { Guest } from '../world/guest.ts';
import { haNodeState, usesHa } from './ha.ts';
import { isKnown, nodeEntry } from './node-entry.ts';

function resources(call: Call) {
  const type = call.parameters.text('type');
  const entries = [];
  if (type === undefined) entries.push(...pools(call));
  if (type === undefined || type === 'vm') entries.push(...guests(call));
  if (type === undefined || type === 'node') entries.push(...nodes(call));
  if (type === undefined || type === 'storage') entries.push(...storages(call));
  if (type === undefined) entries.push(...networks(call));
  return call.shuffle(entries);
}

function guests(call: Call) {
  return visibleGuests(call).map((guest) => {
    const poolVisible = guest.pool !== undefined && call.may(`/pool/${guest.pool}`, 'Pool.Audit');
    return {
      ...guestEntry(call, guest),
      ...(poolVisible ? { pool: guest.pool } : {}),
      ...(guest.lock === undefined ? {} : { lock: guest.lock }),
      ...(guest.tags.length === 0 ? {} : { tags: guest.tags.join(';') }),
      ...(guest.haState === undefined ? {} : { hastate: guest.haState }),
    };
  });
}

export function visibleGuests(call: Call): Guest[] {
  return [...call.cluster.guests.values()].filter((guest) => call.may(`/vms/${guest.vmid}`, 'VM.Audit'));
}

/** What pvestatd last told of the guest; where it is, is known at once (docs/proxmox-api.md §4.3). */
export function guestEntry(call: Call, guest: Guest) {
  const { cluster } = call;
  const identity = {
    id: `${guest.type}/${guest.vmid}`,
    vmid: guest.vmid,
    type: guest.type,
    node: guest.node,
  };
  const statistics = guest.statistics;
  if (!statistics || !isKnown(cluster, cluster.node(statistics.node)))
    return { ...identity, status: 'unknown' };
  return {
    ...identity,
    name: guest.name,
    status: statistics.status,
    template: guest.template ? 1 : 0,
    uptime: statistics.uptimeSeconds,
    cpu: statistics.cpu,
    maxcpu: guest.cpus,
    mem: statistics.memoryBytes,
    maxmem: guest.memoryBytes,
    memhost: statistics.hostMemoryBytes,
    disk: usedDiskBytes(guest),
    maxdisk: diskBytes(guest),
    ...statistics.counters,
  };
}

/** Of the first disk, as PVE shows it. */
export function diskBytes(guest: Guest): number {
  return guest.disks[0]?.sizeBytes ?? 0;
}

/** PVE cannot look into a VM's disk. */
export function usedDiskBytes(guest: Guest): number {
  return guest.type === 'lxc' && guest.status === 'running' ? Math.round(diskBytes(guest) / 5) : 0;
}

function nodes(call: Call) {
  const { cluster } = call;
  return [...cluster.nodes.values()].map((node) => ({
    ...nodeEntry(call, node),
    ...(isKnown(cluster, node) ? { 'cgroup-mode': 2 } : {}),
    ...(usesHa(cluster) ? { hastate: haNodeState(node) } : {}),
  }));
}

function storages(call: Call) {
  const { cluster } = call;
  return [...cluster.nodes.values()].flatMap((node) =>
    cluster
      .storagesOn(node.name)
      .filter((storage) => call.may(`/storage/${storage.name}`, 'Datastore.Audit'))
      .map((storage) => ({
        id: `storage/${node.name}/${storage.name}`,
        storage: storage.name,
        node: node.name,
        type: 'storage',
        plugintype: storage.type,
        status: node.online ? 'available' : 'unknown',
        shared: storage.shared ? 1 : 0,
        content: storage.content,
        ...(node.online ? { disk: storage.usedBytes, maxdisk: storage.sizeBytes } : {}),
      })),
  );
}

function pools(call: Call) {
  return call.cluster.scenario.pools
    .filter((pool) => call.may(`/pool/${pool.name}`, 'Pool.Audit'))
    .map((pool) => {
      const members = [...call.cluster.guests.values()].filter((guest) => guest.pool === pool.name);
      const cpus = members.reduce((sum, guest) => sum + guest.cpus, 0);
      const busy = members.reduce((sum, guest) => sum + (guest.statistics?.cpu ?? 0) * guest.cpus, 0);
      return {
        id: `/pool/${pool.name}`,
        pool: pool.name,
        type: 'pool',
        uptime: Math.max(0, ...members.map((guest) => guest.statistics?.uptimeSeconds ?? 0)),
        mem: members.reduce((sum, guest) => sum + (guest.statistics?.memoryBytes ?? 0), 0),
        maxmem: members.reduce((sum, guest) => sum + guest.memoryBytes, 0),
        cpu: cpus > 0 ? busy / cpus : 0,
        maxcpu: cpus,
      };
    });
}

function networks(call: Call) {
  if (!call.may('/sdn/zones/localnetwork', 'SDN.Audit')) return [];
  return [...call.cluster.nodes.values()]
    .filter((node) => node.online)
    .map((node) => ({
      id: `network/${node.name}/zone/localnetwork`,
      type: 'network',
      'network-type': 'zone',
      network: 'localnetwork',
      node: node.name,
      status: 'ok',
    }));
}

export const resourceRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/cluster/resources',
    parameters: { type: { type: 'string', values: ['vm', 'storage', 'node', 'sdn'], optional: true } },
    forwarded: false,
    handle: resources,
  },
];
