import type { ExaminedGuest, GuestCpu, GuestVolume } from '../balancing/guest-examination.ts';
import { type GuestOnNode, guestPath } from './guest.ts';
import { refusalsOf } from './node-refusals.ts';
import type { ProxmoxReader } from './reader.ts';
import { type GuestConfig, vmConfig } from './schemas/guest-config.ts';
import { type LocalDisk, type VmPrecondition, vmPrecondition } from './schemas/precondition.ts';
import { configuredBytes, parseVolumeValue, type VolumeValue } from './volume-value.ts';

export async function examineVm(
  reader: ProxmoxReader,
  guest: GuestOnNode,
  signal: AbortSignal,
): Promise<ExaminedGuest> {
  const configPath = guestPath(guest, 'config');
  const path = guestPath(guest, 'migrate');
  const [configAnswer, answer] = await Promise.all([
    // What it runs with, not what it would be started with next.
    reader.get(configPath, { current: 1 }, signal),
    reader.get(path, {}, signal),
  ]);
  const config = vmConfig.expect(configAnswer.data, configPath);
  const precondition = vmPrecondition.expect(answer.data, path);
  return {
    kind: 'Examined',
    allowedNodes: precondition.allowed_nodes,
    refusals: refusalsOf(precondition.not_allowed_nodes),
    dependents: precondition['dependent-ha-resources'] ?? undefined,
    devices: devicesOf(precondition),
    volumes: volumesOf(config, precondition.local_disks),
    cpu: cpuOf(config),
  };
}

/** Mapped devices may go along where their mapping says so. */
function devicesOf(precondition: VmPrecondition): readonly string[] {
  const mapped = precondition['mapped-resource-info'] ?? {};
  return precondition.local_resources.filter(
    (key) => !(Object.hasOwn(mapped, key) && Boolean(mapped[key]?.['live-migration'])),
  );
}

/** PVE's default. */
const DEFAULT_CPU = 'kvm64';

function cpuOf(config: GuestConfig): GuestCpu {
  if (/(?:^|\s)-cpu\b/.test(String(config.args ?? ''))) return { kind: 'Unknown', type: 'set by its args' };
  const [first = ''] = String(config.cpu ?? DEFAULT_CPU).split(',');
  const type = first.replace(/^cputype=/, '');
  if (type === 'host' || type === 'max') return { kind: 'Host', type };
  // A custom model may be based on the node's own.
  return { kind: /^(?:custom-|$)|=/.test(type) ? 'Unknown' : 'Named', type };
}

/** Drives of the configuration, and what else PVE finds on local storage: in snapshots, or no longer used. */
function volumesOf(config: GuestConfig, localDisks: readonly LocalDisk[]): readonly GuestVolume[] {
  const local = new Map(localDisks.map((disk) => [disk.volid, disk]));
  const drives = Object.entries(config)
    .filter(([key]) => /^(?:ide|sata|scsi|virtio|efidisk|tpmstate|unused)\d+$/.test(key))
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .flatMap(([key, value]) => {
      const found = parseVolumeValue(String(value));
      return found ? [volumeOf(key, found, local.get(found.volume))] : [];
    });
  const configured = new Set(drives.map(({ volume }) => volume));
  const others = localDisks
    .filter(({ volid }) => !configured.has(volid))
    .flatMap((disk) => {
      const found = parseVolumeValue(disk.volid);
      return found ? [volumeOf(disk.volid, found, disk)] : [];
    });
  return [...drives, ...others];
}

function volumeOf(key: string, value: VolumeValue, disk: LocalDisk | undefined): GuestVolume {
  const { volume, storage, options } = value;
  return {
    key,
    volume,
    storage,
    bytes: disk?.size ?? configuredBytes(value),
    kind: kindOf(value, disk),
    local: disk !== undefined || storage === undefined,
    inSnapshot: Boolean(disk?.is_vmstate) || Object.keys(disk?.referenced_in_snapshot ?? {}).length > 0,
    replicated: disk?.replicate === undefined ? !options.includes('replicate=0') : Boolean(disk.replicate),
  };
}

function kindOf({ volume, storage, options }: VolumeValue, disk: LocalDisk | undefined): GuestVolume['kind'] {
  if (storage === undefined) return 'NodePath';
  if (disk?.is_cloudinit || /[:/]vm-\d+-cloudinit\b/.test(volume)) return 'CloudInit';
  return disk?.cdrom || options.includes('media=cdrom') ? 'Image' : 'Disk';
}
