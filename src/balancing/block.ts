import type { NodeAvailability } from './cluster.ts';
import type { GuestVolume } from './guest-examination.ts';

/** Why a guest may not move at all now. Each kind has its sentence in `describeBlock`. */
export type GuestBlock =
  | { readonly kind: 'Template' }
  | { readonly kind: 'NodeExcluded' }
  /** `Missing`: the cluster has no such node. */
  | {
      readonly kind: 'NodeUnavailable';
      readonly availability: Exclude<NodeAvailability, 'Online'> | 'Missing';
    }
  | { readonly kind: 'NotRunning'; readonly status: string }
  | { readonly kind: 'Excluded'; readonly by: Exclusion }
  | { readonly kind: 'Locked'; readonly lock: string }
  | { readonly kind: 'BusyWithTask'; readonly task: string }
  | { readonly kind: 'Settling' }
  | { readonly kind: 'CoolingDown'; readonly until: string }
  | { readonly kind: 'ContainerNeedsRestart' }
  | { readonly kind: 'HaHeld'; readonly why: string }
  | { readonly kind: 'HaRebalancing'; readonly takesPart: boolean }
  | { readonly kind: 'HaUnclear'; readonly fault: string }
  | { readonly kind: 'HaState'; readonly state: string | undefined }
  /** `most` where they are too many for one migration. */
  | { readonly kind: 'MovesWithOthers'; readonly others: readonly string[]; readonly most?: number }
  /** A required rule of the policy is satisfied where it is, and would not be without it. */
  | { readonly kind: 'KeptTogether'; readonly rule: string }
  | { readonly kind: 'RefusedByProxmox'; readonly detail: string }
  | { readonly kind: 'NotExamined'; readonly detail: string }
  | { readonly kind: 'Passthrough'; readonly devices: readonly string[] }
  | { readonly kind: 'LocalImage'; readonly volume: GuestVolume }
  | { readonly kind: 'LocalDisk'; readonly volumes: readonly GuestVolume[] };

export type Exclusion =
  | { readonly kind: 'IgnoreTag' }
  | { readonly kind: 'Vmid' }
  | { readonly kind: 'Type' }
  | { readonly kind: 'Tag'; readonly tag: string }
  | { readonly kind: 'Pool'; readonly pool: string };

/** Why a guest may not move to a certain node now. */
export type TargetBlock =
  | { readonly kind: 'TargetUnavailable'; readonly why: string }
  | { readonly kind: 'HaNodeAffinity'; readonly rule: string }
  | { readonly kind: 'HaResourceAffinity'; readonly rule: string; readonly partner: number }
  | { readonly kind: 'PinnedElsewhere'; readonly rule: string }
  | { readonly kind: 'KeptApart'; readonly rule: string; readonly partner: number }
  | { readonly kind: 'FurtherApart'; readonly rule: string }
  | { readonly kind: 'NotReplicated' }
  | { readonly kind: 'StorageUnavailable'; readonly volume: GuestVolume; readonly visible: boolean }
  | { readonly kind: 'TargetNotAllowed'; readonly reasons: readonly string[] }
  | { readonly kind: 'LocalSnapshot'; readonly volume: GuestVolume }
  | { readonly kind: 'CpuIncompatible'; readonly why: string }
  | { readonly kind: 'OlderVersion'; readonly source: string; readonly target: string }
  | { readonly kind: 'NoRoom' }
  /** The move would only take the imbalance elsewhere. */
  | { readonly kind: 'NoGain' };

export type BlockKind = GuestBlock['kind'] | TargetBlock['kind'];
