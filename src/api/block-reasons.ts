/** Why guests are left where they are, as `status.plan.blocked` counts them. The documentation is made from this table. */
export const BLOCK_REASONS = {
  // What the policy wants
  Excluded:
    'The policy excludes the guest by VMID, type, tag or pool, or its own tag `pve-cslb-ignore` does.',
  NodeExcluded: 'The policy excludes the node that the guest is on.',
  ContainerNeedsRestart:
    'A container moves only by restart, which `spec.migration.containers: Never` forbids.',
  LocalDisk: 'The guest has disks on storage of its node alone, which would have to be copied.',

  // The state of the guest
  Template: 'It is a template.',
  NotRunning: 'It is not running but paused, suspended or the like.',
  Locked: 'It is locked, such as by a backup or a snapshot.',
  BusyWithTask: 'A task runs on it, such as a backup or a migration.',
  CoolingDown: 'It was migrated lately, or could not be, and is left alone for a while.',
  Settling: 'It was migrated or started a moment ago, and its statistics do not show that yet.',
  NodeUnavailable: 'The node that it is on is offline, in maintenance, or not known.',
  RefusedByProxmox: 'Proxmox refuses to migrate it at present.',
  NotExamined: 'Its configuration or its preconditions could not be read.',

  // High availability
  HaHeld: 'HA manages it, and HA is disarmed or in doubt about a node.',
  HaRebalancing: 'HA manages it, and rebalances its guests itself (`ha-auto-rebalance`).',
  HaUnclear: 'HA manages it, and what HA demands for it could not be read.',
  HaState: 'HA manages it, and it is not in the state `started`.',
  MovesWithOthers:
    'HA would move other guests along with it, and not all of them may move, or they are too many.',
  HaNodeAffinity: 'An HA rule or group forbids every target, or would have HA move the guest back.',
  HaResourceAffinity: 'An HA rule keeps it apart from guests on every target.',

  // The rules of the policy
  KeptTogether: 'A required rule of the policy keeps it with others on its node; guests migrate one by one.',
  PinnedElsewhere: 'A required rule of the policy allows none of the targets.',
  KeptApart: 'A required rule of the policy keeps it apart from guests on every target.',
  FurtherApart: 'A required rule of the policy wants it with guests that are on none of the targets.',

  // What binds it to its node
  Passthrough: 'It uses devices of its node.',
  LocalImage: 'It uses a CD image, a directory or a device of its node, which is not copied.',
  LocalSnapshot: 'A snapshot refers to a disk on storage of its node alone.',
  StorageUnavailable: 'No target has the storages of its disks.',
  NotReplicated: 'It is replicated, and to none of the targets.',
  CpuIncompatible: 'It sees the CPU of its node, and no target has the same with all its features.',
  OlderVersion: 'Every target has an older version of Proxmox VE than its node.',
  TargetNotAllowed: 'Proxmox does not allow any of the targets.',
  TargetUnavailable: 'No target takes guests at present.',
  NoRoom: 'No target has room for its memory.',
  NoGain: 'Wherever it went, the cluster would be no more even.',
} as const;

export type BlockReason = keyof typeof BLOCK_REASONS;
