import { isOperatorError } from '../lib/errors.ts';
import { whatHoldsContainerDisks } from './container-disks.ts';
import { guestPath } from './guest.ts';
import type { MigrationRequest } from './migration.ts';
import { ProxmoxError } from './proxmox-error.ts';
import type { ProxmoxReader } from './reader.ts';
import {
  containerPrecondition,
  type NodeRefusals,
  type VmPrecondition,
  vmPrecondition,
} from './schemas/precondition.ts';

/**
 * What PVE itself holds against a move, as a sentence; undefined when nothing. It does not look at the target's room,
 * CPU model or network (docs/proxmox-api.md §6.2).
 */
export async function whatPreventsMigration(
  reader: ProxmoxReader,
  migration: MigrationRequest,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    return migration.type === 'qemu'
      ? await whatPreventsVm(reader, migration, signal)
      : await whatPreventsContainer(reader, migration, signal);
  } catch (error) {
    if (error instanceof ProxmoxError && error.code === 'ServerError' && /is locked \(/.test(error.text)) {
      return `Proxmox VE refuses: ${error.text}.`;
    }
    throw error;
  }
}

async function whatPreventsVm(
  reader: ProxmoxReader,
  migration: MigrationRequest,
  signal: AbortSignal,
): Promise<string | undefined> {
  const path = guestPath(migration, 'migrate');
  const found = vmPrecondition.expect((await reader.get(path, {}, signal)).data, path);
  return (
    refusalOf(migration.target, found.allowed_nodes, found.not_allowed_nodes) ??
    dependents(found['dependent-ha-resources']) ??
    localResources(found) ??
    localDisks(found)
  );
}

async function whatPreventsContainer(
  reader: ProxmoxReader,
  migration: MigrationRequest,
  signal: AbortSignal,
): Promise<string | undefined> {
  const path = guestPath(migration, 'migrate');
  try {
    const found = containerPrecondition.expect((await reader.get(path, {}, signal)).data, path);
    const reason =
      refusalOf(migration.target, found['allowed-nodes'], found['not-allowed-nodes']) ??
      dependents(found['dependent-ha-resources']);
    if (reason !== undefined) return reason;
  } catch (error) {
    // PVE 8 and older have no precondition for containers (docs/proxmox-api.md §6.3).
    if (!isOperatorError(error, 'NotImplemented')) throw error;
  }
  return whatHoldsContainerDisks(reader, migration, signal);
}

/** Nodes that are allowed may appear among the refused ones with an empty object. */
function refusalOf(
  target: string,
  allowed: readonly string[] | undefined,
  refused: NodeRefusals | undefined,
): string | undefined {
  const reasons = refused && Object.hasOwn(refused, target) ? refused[target] : undefined;
  const words = Object.entries(reasons ?? {}).flatMap(([reason, details]) => inWords(reason, details) ?? []);
  if (words.length > 0) return `Proxmox VE does not allow ${target}: ${words.join(', ')}.`;
  // Not sent for running VMs before 8.4.
  if (allowed && !allowed.includes(target))
    return `Proxmox VE does not list ${target} among the allowed nodes.`;
  return undefined;
}

function inWords(reason: string, details: unknown): string | undefined {
  const items: readonly unknown[] = Array.isArray(details) ? details : [];
  const names = items.map(nameOfItem).join(', ');
  switch (reason) {
    case 'unavailable_storages':
      return items.length === 0 ? undefined : `storage ${names} is not available there`;
    case 'unavailable-resources':
      return items.length === 0 ? undefined : `the mapping of ${names} is not available there`;
    case 'blocking-ha-resources':
      return items.length === 0 ? undefined : `HA rules keep it away from ${names}`;
    default:
      return reason;
  }
}

/** A storage's or a mapping's name, or the HA resource in the way. */
function nameOfItem(item: unknown): string {
  if (typeof item === 'string') return item;
  const sid: unknown = Object(item).sid;
  return typeof sid === 'string' ? sid : 'unknown';
}

/** HA moves these along, and nobody has planned for them. */
function dependents(resources: readonly string[] | null | undefined): string | undefined {
  return resources && resources.length > 0
    ? `HA would move ${resources.join(', ')} along with it.`
    : undefined;
}

function localResources(found: VmPrecondition): string | undefined {
  const mapped = found['mapped-resource-info'] ?? {};
  const bound = found.local_resources.filter(
    (key) => !(Object.hasOwn(mapped, key) && Boolean(mapped[key]?.['live-migration'])),
  );
  return bound.length > 0 ? `It uses devices of its node: ${bound.join(', ')}.` : undefined;
}

function localDisks(found: VmPrecondition): string | undefined {
  // PVE copies a cloud-init drive by itself.
  const disks = found.local_disks.filter((disk) => !disk.is_cloudinit).map((disk) => disk.volid);
  if (disks.length === 0) return undefined;
  const more = disks.length > 3 ? ` and ${disks.length - 3} more` : '';
  return `It has disks on local storage: ${disks.slice(0, 3).join(', ')}${more}.`;
}
