/** A drive of a VM or a mount point of a container, as its configuration has it. */
export interface VolumeValue {
  /** `ceph-vm:vm-100-disk-0`, or a path of the node. */
  readonly volume: string;
  /** Undefined for a path of the node. */
  readonly storage: string | undefined;
  readonly options: readonly string[];
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
