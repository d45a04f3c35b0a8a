import { usesHa } from '../ha/resources.ts';
import type { Call, Route } from '../http/route.ts';
import type { StorageSpecification } from '../scenario/specifications.ts';
import type { Guest } from '../world/guest.ts';
import type { Node } from '../world/node.ts';
import { isKnown, nodeEntry } from './node-entry.ts';
import { poolEntries } from './pool-entries.ts';

function resources(call: Call) {
  const type = call.parameters.text('type');
  const entries = [];
  if (type === undefined) entries.push(...poolEntries(call));
  if (type === undefined || type === 'vm') entries.push(...guests(call));
  if (type === undefined || type === 'node') entries.push(...nodes(call));
  if (type === undefined || type === 'storage') entries.push(...storages(call));
  if (type === undefined) entries.push(...networks(call));
  if (type === 'sdn') entries.push(...networks(call).filter((entry) => entry.type === 'sdn'));
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
      ...(guest.service === undefined ? {} : { hastate: guest.service.state }),
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
    ...(tellsHostMemory(call, statistics.node) ? { memhost: statistics.hostMemoryBytes } : {}),
    disk: usedDiskBytes(guest),
    maxdisk: diskBytes(guest),
    ...statistics.counters,
  };
}

// The node that measured must tell it, and the one that answers must know it.
function tellsHostMemory(call: Call, node: string): boolean {
  return call.profile.features.has('pressure') && call.cluster.node(node).profile.features.has('pressure');
}

/** Of the first disk, as PVE shows it. */
export function diskBytes(guest: Guest): number {
  return guest.disks.find((disk) => disk.kind === 'disk')?.sizeBytes ?? 0;
}

/** PVE cannot look into a VM's disk. */
export function usedDiskBytes(guest: Guest): number {
  return guest.type === 'lxc' && guest.status === 'running' ? Math.round(diskBytes(guest) / 5) : 0;
}

function nodes(call: Call) {
  const { cluster } = call;
  const showsHa = usesHa(cluster);
  return [...cluster.nodes.values()].map((node) => ({
    ...nodeEntry(call, node),
    ...(isKnown(cluster, node) ? { 'cgroup-mode': 2 } : {}),
    ...(showsHa ? { hastate: node.haState } : {}),
  }));
}

function storages(call: Call) {
  const { cluster } = call;
  return [...cluster.nodes.values()].flatMap((node) =>
    cluster
      .storagesOn(node.name)
      .filter((storage) => !storage.disabled && call.may(`/storage/${storage.name}`, 'Datastore.Audit'))
      .map((storage) => storageEntry(node, storage)),
  );
}

export function storageEntry(node: Node, storage: StorageSpecification) {
  return {
    id: `storage/${node.name}/${storage.name}`,
    storage: storage.name,
    node: node.name,
    type: 'storage',
    plugintype: storage.type,
    status: node.online ? 'available' : 'unknown',
    shared: storage.shared ? 1 : 0,
    content: storage.content,
    ...(node.online ? { disk: storage.usedBytes, maxdisk: storage.sizeBytes } : {}),
  };
}

/** The zone all nodes have; before 9.1 it is an `sdn` entry. */
function networks(call: Call) {
  if (!call.may('/sdn/zones/localnetwork', 'SDN.Audit')) return [];
  return [...call.cluster.nodes.values()]
    .filter((node) => node.online)
    .map(({ name, profile }) =>
      call.profile.features.has('networkResources') && profile.features.has('networkResources')
        ? {
            id: `network/${name}/zone/localnetwork`,
            type: 'network',
            'network-type': 'zone',
            network: 'localnetwork',
            node: name,
            status: 'ok',
          }
        : { id: `sdn/${name}/localnetwork`, type: 'sdn', sdn: 'localnetwork', node: name, status: 'ok' },
    );
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
