import { parameterError, permissionError, serverError } from '../http/api-error.ts';
import { NODE, type ParameterDeclarations, VMID } from '../http/parameters.ts';
import type { Call, Route } from '../http/route.ts';
import { startMigration } from '../migration/start-migration.ts';
import { unavailableStorages } from '../migration/volumes.ts';
import { type Guest, kindOf } from '../world/guest.ts';
import type { Node } from '../world/node.ts';
import { type GuestType, guestOf } from './guests.ts';

const ROOT_ONLY = ['force', 'migration_type', 'migration_network'];
const KIB = 1024;

const QEMU_PARAMETERS: ParameterDeclarations = {
  node: NODE,
  vmid: VMID,
  target: NODE,
  online: { type: 'boolean', optional: true },
  'with-local-disks': { type: 'boolean', optional: true },
  'with-conntrack-state': { type: 'boolean', optional: true, feature: 'conntrackState' },
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
  const storage = checkTargetStorage(call, type === 'qemu' ? 'targetstorage' : 'target-storage');
  const guest = guestOf(call, type);
  if (type === 'qemu') checkVm(call, guest, target, storage);
  else checkContainer(call, guest);
  const options = {
    withLocalDisks: type === 'qemu' && parameters.flag('with-local-disks'),
    targetStorage: storage,
    bandwidthLimit: bandwidthLimit(call, guest),
    restart: type === 'lxc' && parameters.flag('restart'),
    shutdownTimeoutMs: ((type === 'lxc' ? parameters.number('timeout') : undefined) ?? 180) * 1000,
    force: type === 'qemu' && parameters.flag('force'),
  };
  return startMigration(cluster, guest, target, options, call.caller.id).upid;
}

export function checkQuorum(call: Call): void {
  if (!call.cluster.quorate) throw serverError('cluster not ready - no quorum?');
}

export function checkLock(guest: Guest): void {
  if (guest.lock !== undefined) throw serverError(`${kindOf(guest)} is locked (${guest.lock})`);
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

/** Undefined: the disks stay on the storages they are on. */
function checkTargetStorage(call: Call, name: string): string | undefined {
  const storage = call.parameters.text(name);
  if (storage === undefined || storage === '1') return undefined;
  const path = `/vms/${call.parameters.number('vmid')}`;
  if (!call.may(path, 'VM.Config.Disk')) throw permissionError(path, ['VM.Config.Disk']);
  for (const pair of storage.split(',')) {
    const target = `/storage/${pair.split(':').at(-1)}`;
    if (!call.may(target, 'Datastore.AllocateSpace')) {
      throw permissionError(target, ['Datastore.AllocateSpace']);
    }
  }
  return storage;
}

function checkVm(call: Call, guest: Guest, target: Node, storage: string | undefined): void {
  const { cluster, parameters } = call;
  checkLock(guest);
  if (guest.status !== 'stopped') {
    if (!parameters.flag('online')) throw serverError("can't migrate running VM without --online");
    const targets = cluster.replication.targetsOf(guest.vmid);
    if (targets.length > 0 && !targets.includes(target.name) && !parameters.flag('force')) {
      throw serverError(
        `Cannot live-migrate replicated VM to node '${target.name}' - not a replication target. Use 'force' to override.`,
      );
    }
  }
  if (parameters.flag('with-conntrack-state') && !target.profile.features.has('conntrackState')) {
    throw serverError(`target node '${target.name}' does not support migrating conntrack state`);
  }
  if (storage !== undefined) return;
  const [missing] = unavailableStorages(cluster, guest, target.name);
  if (missing === undefined) return;
  const disabled = cluster.scenario.storages.find((each) => each.name === missing)?.disabled;
  throw serverError(
    disabled
      ? `storage '${missing}' is disabled`
      : `storage '${missing}' is not available on node '${target.name}'`,
  );
}

function checkContainer(call: Call, guest: Guest): void {
  if (guest.status === 'stopped' || call.parameters.flag('online') || call.parameters.flag('restart')) return;
  throw serverError("can't migrate running container without --online or --restart");
}

/** What is asked for holds up to the datacenter's limit, and beyond it only for who may exceed it (§6.2). */
function bandwidthLimit(call: Call, guest: Guest): number {
  const configured = call.cluster.options.migrationLimit();
  const asked = call.parameters.number('bwlimit');
  if (asked === undefined || configured === 0) return asked === undefined ? configured : asked * KIB;
  const mayExceed =
    call.may('/', 'Sys.Modify') ||
    guest.disks.every((disk) => call.may(`/storage/${disk.storage}`, 'Datastore.Allocate'));
  if (mayExceed) return asked * KIB;
  return asked === 0 ? configured : Math.min(configured, asked * KIB);
}

function routeOf(type: GuestType): Route {
  return {
    method: 'POST',
    path: `/nodes/{node}/${type}/{vmid}/migrate`,
    parameters: type === 'qemu' ? QEMU_PARAMETERS : LXC_PARAMETERS,
    permission: { path: '/vms/{vmid}', anyOf: ['VM.Migrate'] },
    forwarded: true,
    handle: (call) => migrate(call, type),
  };
}

export const migrateRoutes: readonly Route[] = [routeOf('qemu'), routeOf('lxc')];
