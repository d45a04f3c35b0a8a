import { dependents, motionTo } from '../ha/placement.ts';
import { isHaManaged } from '../ha/service.ts';
import { NODE, VMID } from '../http/parameters.ts';
import type { Call, Route } from '../http/route.ts';
import { localDevices, missingDevices } from '../migration/devices.ts';
import { localDisks, unavailableStorages } from '../migration/volumes.ts';
import type { DiskSpecification } from '../scenario/specifications.ts';
import { type Guest, serviceId } from '../world/guest.ts';
import { guestOf } from './guests.ts';
import { checkLock, checkQuorum } from './migrate.ts';

/** GET .../qemu/{vmid}/migrate: keys with underscores, allowed nodes as empty objects (docs/proxmox-api.md §6.1). */
function vmPreconditions(call: Call) {
  const { cluster } = call;
  checkQuorum(call);
  const guest = guestOf(call, 'qemu');
  checkLock(guest);
  const running = guest.status !== 'stopped';
  const devices = localDevices(cluster, guest, running);
  const reasons = otherNodes(call).map((node) => {
    const storages = unavailableStorages(cluster, guest, node);
    const resources = missingDevices(devices, node);
    const reason = {
      ...(storages.length === 0 ? {} : { unavailable_storages: storages }),
      ...(resources.length === 0 ? {} : { 'unavailable-resources': resources }),
      ...blockedByHa(call, guest, node),
    };
    return [node, reason] as const;
  });
  return {
    running: running ? 1 : 0,
    allowed_nodes: reasons.filter(([, reason]) => Object.keys(reason).length === 0).map(([node]) => node),
    not_allowed_nodes: Object.fromEntries(reasons),
    local_disks: localDisks(cluster, guest).map(describe),
    local_resources: devices.blocking,
    'mapped-resources': [...devices.mapped.keys()],
    'mapped-resource-info': Object.fromEntries(
      [...devices.mapped].map(([key, { name, liveMigration }]) => [
        key,
        { name, ...(liveMigration ? { 'live-migration': 1 } : {}) },
      ]),
    ),
    ...(call.profile.features.has('conntrackState') ? { 'has-dbus-vmstate': 1 } : {}),
    ...movedAlong(call, guest),
  };
}

/** GET .../lxc/{vmid}/migrate: keys with dashes, storage not looked at (§6.3). */
function containerPreconditions(call: Call) {
  checkQuorum(call);
  const guest = guestOf(call, 'lxc');
  checkLock(guest);
  const reasons = otherNodes(call).map((node) => [node, blockedByHa(call, guest, node)] as const);
  const refused = reasons.filter(([, reason]) => Object.keys(reason).length > 0);
  const refusedNodes = refused.map(([node]) => node);
  return {
    running: guest.status === 'stopped' ? 0 : 1,
    'allowed-nodes': reasons.map(([node]) => node).filter((node) => !refusedNodes.includes(node)),
    'not-allowed-nodes': Object.fromEntries(refused),
    ...movedAlong(call, guest),
  };
}

// All but its own; those that are off as well.
function otherNodes(call: Call): string[] {
  return call.shuffle([...call.cluster.nodes.keys()].filter((name) => name !== call.node.name));
}

function blockedByHa(call: Call, guest: Guest, node: string) {
  if (!call.profile.features.has('haRules') || !isHaManaged(call.cluster, guest)) return {};
  const { blocking } = motionTo(call.cluster, guest, node);
  return blocking.length === 0 ? {} : { 'blocking-ha-resources': blocking };
}

function movedAlong(call: Call, guest: Guest) {
  if (!call.profile.features.has('haRules') || !isHaManaged(call.cluster, guest)) return {};
  return { 'dependent-ha-resources': dependents(call.cluster, guest).map(serviceId) };
}

function describe(disk: DiskSpecification) {
  const { kind } = disk;
  const isAttached = kind !== 'unused';
  return {
    volid: disk.volumeId,
    ...(isAttached ? { size: disk.sizeBytes, drivename: disk.slot } : {}),
    cdrom: kind === 'cdrom' || kind === 'cloudinit' ? 1 : 0,
    is_unused: isAttached ? 0 : 1,
    is_attached: isAttached ? 1 : 0,
    is_cloudinit: kind === 'cloudinit' ? 1 : 0,
    is_vmstate: 0,
    is_tpmstate: kind === 'tpm' ? 1 : 0,
    replicate: disk.replicate ? 1 : 0,
    shared: 0,
    ...(disk.snapshots.length === 0
      ? {}
      : { referenced_in_snapshot: Object.fromEntries(disk.snapshots.map((name) => [name, 1])) }),
  };
}

const COMMON = {
  method: 'GET',
  parameters: { node: NODE, vmid: VMID, target: { ...NODE, optional: true } },
  permission: { path: '/vms/{vmid}', anyOf: ['VM.Migrate'] },
  forwarded: true,
} as const;

export const preconditionRoutes: readonly Route[] = [
  { ...COMMON, path: '/nodes/{node}/qemu/{vmid}/migrate', handle: vmPreconditions },
  {
    ...COMMON,
    path: '/nodes/{node}/lxc/{vmid}/migrate',
    feature: 'containerPreconditions',
    handle: containerPreconditions,
  },
];
