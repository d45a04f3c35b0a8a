/**
 * What a closer look at one guest has found: its configuration, and what PVE says of migrating it. Too costly for every
 * guest, so it is there only for those a plan wanted to move.
 */
export type GuestExamination =
  | ExaminedGuest
  /** PVE would migrate it nowhere now; its words. */
  | { readonly kind: 'Refused'; readonly detail: string }
  /** It could not be looked at. */
  | { readonly kind: 'Unread'; readonly detail: string };

export interface ExaminedGuest {
  readonly kind: 'Examined';
  /** Undefined where PVE does not say: before 8.4 for running VMs, before 9 for containers. */
  readonly allowedNodes: readonly string[] | undefined;
  readonly refusals: readonly NodeRefusal[];
  /** HA resources (`vm:101`) that HA would move along. Undefined where PVE does not say: before 9, and of guests outside of HA. */
  readonly dependents: readonly string[] | undefined;
  /** Configuration keys of devices that bind it to its node: passed through and not migratable live. */
  readonly devices: readonly string[];
  readonly volumes: readonly GuestVolume[];
  /** Undefined for a container. */
  readonly cpu: GuestCpu | undefined;
}

/** Why PVE does not allow a node; sentence parts. */
export interface NodeRefusal {
  readonly node: string;
  readonly reasons: readonly string[];
}

export interface GuestVolume {
  /** Where its configuration has it: `scsi0`, `rootfs`, `mp1`; of one it has nowhere any more, its volume. */
  readonly key: string;
  /** `ceph-vm:vm-100-disk-0`, or a path of the node. */
  readonly volume: string;
  /** Undefined for a path of the node. */
  readonly storage: string | undefined;
  /** 0 when unknown. */
  readonly bytes: number;
  /**
   * - `Disk`: any other, TPM state and unused disks included;
   * - `CloudInit`: PVE copies it by itself;
   * - `Image`: a CD image;
   * - `NodePath`: a directory or device of the node.
   */
  readonly kind: 'Disk' | 'CloudInit' | 'Image' | 'NodePath';
  /** PVE says that it is on storage of this node alone. Where PVE does not say, the storage itself does. */
  readonly local: boolean;
  /** A snapshot refers to it, or it is one's memory. */
  readonly inSnapshot: boolean;
  /** Takes part in the replication of its guest, if there is any. */
  readonly replicated: boolean;
}

/**
 * `Named` has the same features on every node that can run it at all. `Host` has those of its node. What a custom model or
 * arguments of its own give is unknown.
 */
export interface GuestCpu {
  readonly kind: 'Named' | 'Host' | 'Unknown';
  /** As configured, for people. */
  readonly type: string;
}
