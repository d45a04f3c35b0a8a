import type { ExaminedGuest, GuestVolume } from '../balancing/guest-examination.ts';
import { isOperatorError } from '../lib/errors.ts';
import { type GuestOnNode, guestPath } from './guest.ts';
import { refusalsOf } from './node-refusals.ts';
import type { ProxmoxReader } from './reader.ts';
import { containerConfig, type GuestConfig } from './schemas/guest-config.ts';
import { type ContainerPrecondition, containerPrecondition } from './schemas/precondition.ts';
import { configuredBytes, parseVolumeValue } from './volume-value.ts';

export async function examineContainer(
  reader: ProxmoxReader,
  guest: GuestOnNode,
  signal: AbortSignal,
): Promise<ExaminedGuest> {
  const path = guestPath(guest, 'config');
  const [precondition, answer] = await Promise.all([
    readPrecondition(reader, guest, signal),
    reader.get(path, { current: 1 }, signal),
  ]);
  const config = containerConfig.expect(answer.data, path);
  return {
    kind: 'Examined',
    allowedNodes: precondition['allowed-nodes'],
    refusals: refusalsOf(precondition['not-allowed-nodes']),
    dependents: precondition['dependent-ha-resources'] ?? undefined,
    devices: devicesOf(config),
    volumes: volumesOf(config),
    cpu: undefined,
  };
}

/** PVE 8 and older have none for containers (docs/proxmox-api.md §6.3). */
async function readPrecondition(
  reader: ProxmoxReader,
  guest: GuestOnNode,
  signal: AbortSignal,
): Promise<ContainerPrecondition> {
  const path = guestPath(guest, 'migrate');
  try {
    return containerPrecondition.expect((await reader.get(path, {}, signal)).data, path);
  } catch (error) {
    if (!isOperatorError(error, 'NotImplemented')) throw error;
    return {};
  }
}

/** PVE migrates a container whatever devices it has; on a node without them it does not start. */
function devicesOf(config: GuestConfig): readonly string[] {
  const raw: readonly unknown[] = Array.isArray(config.lxc) ? config.lxc : [];
  const rawKeys = raw.flatMap((pair) => (Array.isArray(pair) ? [String(pair[0])] : []));
  return [
    ...Object.keys(config).filter((key) => /^dev\d+$/.test(key)),
    ...new Set(rawKeys.filter((key) => /^lxc\.(?:mount\.entry$|cgroup2?\.devices\.)/.test(key))),
  ].sort();
}

/** Whether their storages are on a target PVE does not check (docs/proxmox-api.md §6.3). */
function volumesOf(config: GuestConfig): readonly GuestVolume[] {
  // Which snapshot the present state descends from: the only trace of snapshots in the configuration.
  const inSnapshot = config.parent !== undefined;
  return Object.entries(config)
    .filter(([key]) => /^(?:rootfs|(?:mp|unused)\d+)$/.test(key))
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .flatMap(([key, value]) => {
      const found = parseVolumeValue(String(value));
      if (!found) return [];
      const { volume, storage, options } = found;
      const kind = storage === undefined ? 'NodePath' : 'Disk';
      const replicated = !options.includes('replicate=0');
      const local = storage === undefined;
      const bytes = configuredBytes(found);
      return [{ key, volume, storage, bytes, kind, local, inSnapshot, replicated }];
    });
}
