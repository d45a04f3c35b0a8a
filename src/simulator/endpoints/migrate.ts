import { parameterError, permissionError, serverError } from '../http/api-error.ts';
import { NODE, type ParameterDeclarations, VMID } from '../http/parameters.ts';
import type { Call, Route } from '../http/route.ts';
import { isShared } from '../migration/common.ts';
import { startMigration } from '../migration/start-migration.ts';
import { type Guest, kindOf } from '../world/guest.ts';
import { volumeId } from './guest-config.ts';
import { type GuestType, guestOf } from './guests.ts';

const ROOT_ONLY = ['force', 'migration_type', 'migration_network'];
const KIB = 1024;

const QEMU_PARAMETERS: ParameterDeclarations = {
  node: NODE,
  vmid: VMID,
  target: NODE,
  online: { type: 'boolean', optional: true },
  'with-local-disks': { type: 'boolean', optional: true },
  'with-conntrack-state': { type: 'boolean', optional: true },
  targetstorage: { type: 'string', optional: true },
  bwlimit: { type: 'integer', minimum: 0, optional: true },
  force: { type: 'boolean', optional: true },
  migration_type: { type: 'string', values: ['secure', 'insecure'], optional: true },
  migration_network: { type: 'string', format: 'cidr', optional: true },
};

const LXC_PARAMETERS: ParameterDeclarations = {
  node: NODE,
  vmid: VMID,
  target: NODE,
  online: { type: 'boolean', optional: true },
  restart: { type: 'boolean', optional: true },
  timeout: { type: 'integer', optional: true },
  'target-storage': { type: 'string', optional: true },
  bwlimit: { type: 'number', minimum: 0, optional: true },
};

/** POST .../migrate: what PVE checks before it starts a task, in its order (docs/proxmox-api.md §6.2, §6.3). */
function migrate(call: Call, type: GuestType): string {
  const { cluster, parameters } = call;
  const targetName = parameters.text('target') ?? '';
  if (targetName === call.node.name) throw parameterError({ target: 'target is local node.' });
  checkQuorum(call);
  const target = cluster.nodes.get(targetName);
  if (!target) throw serverError(`no such cluster node '${targetName}'`);
  if (type === 'qemu') checkRootOnly(call);
  checkTargetStorage(call, type === 'qemu' ? 'targetstorage' : 'target-storage');
  const guest = guestOf(call, type);
  if (type === 'qemu') checkVm(call, guest, target.name);
  else checkContainer(call, guest);
  const options = {
    withLocalDisks: type === 'qemu' && parameters.flag('with-local-disks'),
    bandwidthLimit: (parameters.number('bwlimit') ?? 0) * KIB,
    restart: type === 'lxc' && parameters.flag('restart'),
    shutdownTimeoutMs: ((type === 'lxc' ? parameters.number('timeout') : undefined) ?? 180) * 1000,
  };
  return startMigration(cluster, guest, target, options, call.caller.id).upid;
}

function checkQuorum(call: Call): void {
  if (!call.cluster.quorate) throw serverError('cluster not ready - no quorum?');
}

// Only root@pam itself, logged in with a ticket; a token of it is not root@pam (§2.2).
function checkRootOnly(call: Call): void {
  if (call.caller.id === 'root@pam') return;
  const { parameters } = call;
  const used = ROOT_ONLY.find((name) =>
    name === 'force' ? parameters.flag(name) : parameters.text(name) !== undefined,
  );
  if (used !== undefined) throw parameterError({ [used]: 'Only root may use this option.' });
}

function checkTargetStorage(call: Call, name: string): void {
  const storage = call.parameters.text(name);
  if (storage === undefined || storage === '1') return;
  const path = `/vms/${call.parameters.number('vmid')}`;
  if (!call.may(path, 'VM.Config.Disk')) throw permissionError(path, ['VM.Config.Disk']);
}

function checkVm(call: Call, guest: Guest, target: string): void {
  checkLock(guest);
  if (guest.status !== 'stopped' && !call.parameters.flag('online')) {
    throw serverError("can't migrate running VM without --online");
  }
  if (call.parameters.text('targetstorage') !== undefined) return;
  const missing = unavailableStorages(call, guest, target)[0];
  if (missing !== undefined) throw serverError(`storage '${missing}' is not available on node '${target}'`);
}

function checkContainer(call: Call, guest: Guest): void {
  if (guest.status === 'stopped' || call.parameters.flag('online') || call.parameters.flag('restart')) return;
  throw serverError("can't migrate running container without --online or --restart");
}

function checkLock(guest: Guest): void {
  if (guest.lock !== undefined) throw serverError(`${kindOf(guest)} is locked (${guest.lock})`);
}

function unavailableStorages(call: Call, guest: Guest, target: string): string[] {
  const there = call.cluster.storagesOn(target).map((storage) => storage.name);
  return [...new Set(guest.disks.map((disk) => disk.storage))].filter((storage) => !there.includes(storage));
}

/** GET .../qemu/{vmid}/migrate: keys with underscores, allowed nodes as empty objects (§6.1). */
function vmPreconditions(call: Call) {
  checkQuorum(call);
  const guest = guestOf(call, 'qemu');
  checkLock(guest);
  const reasons = otherNodes(call).map((node) => {
    const storages = unavailableStorages(call, guest, node);
    return [node, storages.length === 0 ? {} : { unavailable_storages: storages }] as const;
  });
  return {
    running: guest.status === 'stopped' ? 0 : 1,
    allowed_nodes: reasons.filter(([, reason]) => Object.keys(reason).length === 0).map(([node]) => node),
    not_allowed_nodes: Object.fromEntries(reasons),
    local_disks: localDisks(call, guest),
    local_resources: [],
    'mapped-resources': [],
    'mapped-resource-info': {},
    'has-dbus-vmstate': 1,
    ...(guest.haState === undefined ? {} : { 'dependent-ha-resources': [] }),
  };
}

/** GET .../lxc/{vmid}/migrate: keys with dashes, storage not looked at (§6.3). */
function containerPreconditions(call: Call) {
  checkQuorum(call);
  const guest = guestOf(call, 'lxc');
  checkLock(guest);
  return {
    running: guest.status === 'stopped' ? 0 : 1,
    'allowed-nodes': otherNodes(call),
    'not-allowed-nodes': {},
    ...(guest.haState === undefined ? {} : { 'dependent-ha-resources': [] }),
  };
}

function otherNodes(call: Call): string[] {
  return call.shuffle([...call.cluster.nodes.keys()].filter((name) => name !== call.node.name));
}

function localDisks(call: Call, guest: Guest) {
  return guest.disks.flatMap((disk, index) =>
    isShared(call.cluster, disk.storage)
      ? []
      : {
          volid: volumeId(guest, index),
          size: disk.sizeBytes,
          cdrom: 0,
          is_unused: 0,
          is_attached: 1,
          is_cloudinit: 0,
          is_vmstate: 0,
          is_tpmstate: 0,
          replicate: 1,
          shared: 0,
          drivename: `scsi${index}`,
        },
  );
}

function routesOf(type: GuestType): Route[] {
  const common = {
    path: `/nodes/{node}/${type}/{vmid}/migrate`,
    permission: { path: '/vms/{vmid}', anyOf: ['VM.Migrate'] },
    forwarded: true,
  };
  return [
    {
      ...common,
      method: 'GET',
      parameters: { node: NODE, vmid: VMID, target: { ...NODE, optional: true } },
      handle: type === 'qemu' ? vmPreconditions : containerPreconditions,
    },
    {
      ...common,
      method: 'POST',
      parameters: type === 'qemu' ? QEMU_PARAMETERS : LXC_PARAMETERS,
      handle: (call) => migrate(call, type),
    },
  ];
}

export const migrateRoutes: readonly Route[] = [...routesOf('qemu'), ...routesOf('lxc')];
