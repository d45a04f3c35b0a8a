import type { ClusterIndex } from './cluster-index.ts';
import type { GuestVolume } from './guest-examination.ts';

/** Whether a volume is on its node alone, so that moving the guest means copying it. */
export function isLocal(volume: GuestVolume, index: ClusterIndex): boolean {
  if (volume.local || volume.storage === undefined) return true;
  return index.storage(volume.storage)?.shared === false;
}
