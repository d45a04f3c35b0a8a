/** A drive of a VM or a mount point of a container, as its configuration has it. */
export interface VolumeValue {
  /** `ceph-vm:vm-100-disk-0`, or a path of the node. */
  readonly volume: string;
  /** Undefined for a path of the node. */
  readonly storage: string | undefined;
  readonly options: readonly string[];
}

const SIZE_UNITS = ['', 'K', 'M', 'G', 'T'];

/** What its configuration says of its size (`size=8G`, `size=512M`), in bytes; 0 where it does not. */
export function configuredBytes({ options }: VolumeValue): number {
  const size = options.find((option) => option.startsWith('size='));
  const match = /^size=(\d+(?:\.\d+)?)([KMGT]?)$/.exec(size ?? '');
  if (!match) return 0;
  return Math.round(Number(match[1]) * 1024 ** SIZE_UNITS.indexOf(match[2] ?? ''));
}

/**
 * `ceph-vm:vm-200-disk-0,size=8G`, `file=local:iso/x.iso,media=cdrom`, `/srv/data,mp=/data`. Undefined for what is not there
 * (`none`), and for a path whose owner says that it is the same on every node (`shared=1`).
 */
export function parseVolumeValue(value: string): VolumeValue | undefined {
  const [first = '', ...options] = value.split(',');
  const volume = first.replace(/^(?:volume|file)=/, '');
  if (volume === 'none') return undefined;
  const colon = volume.indexOf(':');
  // `cdrom` is the drive of the node.
  if (volume.startsWith('/') || colon <= 0) {
    return options.includes('shared=1') ? undefined : { volume, storage: undefined, options };
  }
  return { volume, storage: volume.slice(0, colon), options };
}
