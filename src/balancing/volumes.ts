import type { ClusterIndex } from './cluster-index.ts';
import type { ExaminedGuest, GuestVolume } from './guest-examination.ts';

/** Whether a volume is on its node alone, so that moving the guest means copying it. */
export function isLocal(volume: GuestVolume, index: ClusterIndex): boolean {
  if (volume.local || volume.storage === undefined) return true;
  return index.storage(volume.storage)?.shared === false;
}

/** What of a guest would have to be copied with it, if the policy wants that. */
export function localDisks({ volumes }: ExaminedGuest, index: ClusterIndex): readonly GuestVolume[] {
  return volumes.filter((volume) => volume.kind === 'Disk' && isLocal(volume, index));
}
