import type { DiskDocument, DiskKind } from './document.ts';
import { bytesOf } from './quantities.ts';
import type { DiskSpecification } from './specifications.ts';

/** Gives every disk its key in the configuration and its volume, as PVE's own tools would. */
export function disksOf(
  documents: readonly DiskDocument[],
  type: 'qemu' | 'lxc',
  vmid: number,
): DiskSpecification[] {
  const taken = new Set(documents.map((disk) => disk.slot));
  return documents.map((disk, index) => {
    const kind = disk.kind ?? 'disk';
    const slot = disk.slot ?? slotsOf(kind, type).find((each) => !taken.has(each)) ?? `unused${index}`;
    taken.add(slot);
    const name = disk.volume ?? (kind === 'cloudinit' ? `vm-${vmid}-cloudinit` : `vm-${vmid}-disk-${index}`);
    return {
      storage: disk.storage,
      sizeBytes: bytesOf(disk.size),
      kind,
      slot,
      volumeId: `${disk.storage}:${name}`,
      snapshots: disk.snapshots ?? [],
      replicate: disk.replicate ?? true,
    };
  });
}

const COUNT = 30;
const NUMBERS = Array.from({ length: COUNT }, (_, index) => index);

function slotsOf(kind: DiskKind, type: 'qemu' | 'lxc'): readonly string[] {
  switch (kind) {
    case 'cdrom':
      return ['ide2', 'ide3', 'ide1'];
    case 'cloudinit':
      return ['ide0', 'ide1', 'ide3'];
    case 'efi':
      return ['efidisk0'];
    case 'tpm':
      return ['tpmstate0'];
    case 'unused':
      return NUMBERS.map((number) => `unused${number}`);
    case 'disk':
      return type === 'qemu'
        ? NUMBERS.map((number) => `scsi${number}`)
        : ['rootfs', ...NUMBERS.map((number) => `mp${number}`)];
  }
}
