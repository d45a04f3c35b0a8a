import type { Cluster, GuestType } from '../balancing/cluster.ts';
import type { GuestExamination } from '../balancing/guest-examination.ts';

/**
 * A Proxmox cluster as the controllers need it. `proxmox/` provides it over HTTPS, `test/support/` fakes it.
 * Every call may throw an `OperatorError` (`lib/errors.ts`); `proxmoxTime` is the `Date` header of the answer,
 * in milliseconds since the epoch: the only clock in which tasks and statistics are judged.
 */
export interface ProxmoxCluster {
  /** Who and how the cluster is. Cheap; run at every `probeInterval`. */
  probe(signal: AbortSignal): Promise<ClusterProbe>;
  /** Everything a plan needs, in at most 9 + N calls. */
  readInventory(signal: AbortSignal): Promise<Inventory>;
  /** The guest as its node knows it now; `Absent` when it is not on that node. */
  readGuest(guest: GuestOnNode, signal: AbortSignal): Promise<GuestReading>;
  /** A closer look at a guest. What concerns this guest only is part of the answer, its own errors included. */
  examineGuest(guest: GuestOnNode, signal: AbortSignal): Promise<GuestExamination>;
  /**
   * Sends the migrate POST exactly once, if `maySend`, asked at the last moment, still says so. Never throws: what is not
   * known is `Unknown`.
   */
  startMigration(
    migration: MigrationRequest,
    signal: AbortSignal,
    maySend: () => boolean,
  ): Promise<StartAnswer>;
  readTask(upid: string, signal: AbortSignal): Promise<TaskReading>;
  /** Migrate tasks of a guest (qmigrate, vzmigrate, hamigrate), running and finished, as its node lists them; newest first. */
  listMigrateTasks(guest: GuestOnNode, signal: AbortSignal): Promise<MigrateTasks>;
  /** Whether the task's log names this node as where the guest goes; undefined when the log is gone or does not say. */
  taskTargets(upid: string, target: string, signal: AbortSignal): Promise<boolean | undefined>;
  /** Proxmox time now. */
  readTime(signal: AbortSignal): Promise<number>;
  /** `user@realm!token` as UPIDs carry it. */
  readonly user: string;
  readonly activeEndpoint: string | undefined;
  close(): Promise<void>;
}

export interface GuestOnNode {
  readonly vmid: number;
  readonly type: GuestType;
  readonly node: string;
}

export interface MigrationRequest extends GuestOnNode {
  readonly target: string;
  /** Whether the guest does not run, so that it is moved as it is. */
  readonly stopped?: boolean;
  /** Bytes a second; no limit of ours when absent. */
  readonly bandwidthLimitBytes?: number;
  /** Whether disks of a VM on storage of its node alone are copied. A container's always are. */
  readonly withLocalDisks?: boolean;
}

export interface ClusterProbe {
  /** `9.1.2` */
  readonly version: string;
  /** Names the physical cluster: its name and its root CA's fingerprint, else a digest of its nodes' fingerprints. */
  readonly identity: string;
  readonly quorate: boolean;
  readonly nodes: { readonly total: number; readonly online: number };
  readonly guests: { readonly total: number; readonly running: number };
  /** In words for people: `VM.Migrate on /vms`. Empty when all is there. */
  readonly missingPrivileges: readonly string[];
  readonly proxmoxTime: number;
}

export interface Inventory {
  readonly cluster: Cluster;
  readonly quorate: boolean;
  /** Of the oldest answer it was made from. */
  readonly proxmoxTime: number;
  /** Migrate tasks running anywhere in the cluster, whoever started them. */
  readonly runningMigrations: readonly RunningMigration[];
  readonly apiCalls: number;
}

export interface RunningMigration {
  readonly upid: string;
  readonly vmid: number;
  readonly node: string;
  readonly type: GuestType;
  /** `user@realm` or `user@realm!token` */
  readonly user: string;
  /** Milliseconds since the epoch, Proxmox time. */
  readonly startTime: number;
  /** Where it goes, read from the task's log; undefined when that could not be read. */
  readonly target: string | undefined;
}

export type GuestReading =
  | {
      readonly kind: 'Present';
      readonly name: string;
      /** PVE's word; for VMs the QMP state when known. */
      readonly status: string;
      readonly lock: string | undefined;
      readonly template: boolean;
      readonly haManaged: boolean;
      /** State of its HA service, `started` and the like; undefined when HA does not manage it or has not seen it yet. */
      readonly haState: string | undefined;
      readonly memoryBytes: number;
      readonly proxmoxTime: number;
    }
  | { readonly kind: 'Absent'; readonly proxmoxTime: number };

export type StartAnswer =
  | { readonly kind: 'Accepted'; readonly upid: string; readonly proxmoxTime: number }
  /** PVE itself said no (400, 401, 403, 500, 501): nothing runs. */
  | { readonly kind: 'Refused'; readonly message: string }
  /** `maySend` said no: nothing runs. */
  | { readonly kind: 'NotSent'; readonly message: string }
  /** No answer, or one that is not PVE's: it may run. */
  | { readonly kind: 'Unknown'; readonly message: string };

export type TaskReading =
  | {
      readonly kind: 'Running';
      readonly startTime: number;
      readonly progressPercent: number | undefined;
      readonly proxmoxTime: number;
    }
  | {
      readonly kind: 'Stopped';
      readonly startTime: number;
      readonly exitStatus: string;
      /** The last error line of its log, where it failed and the log has one. */
      readonly errorText: string | undefined;
      readonly proxmoxTime: number;
    }
  /** Its log is gone. */
  | { readonly kind: 'Pruned'; readonly proxmoxTime: number };

export interface MigrateTasks {
  readonly tasks: readonly MigrateTask[];
  readonly proxmoxTime: number;
}

export interface MigrateTask {
  readonly upid: string;
  readonly vmid: number;
  readonly node: string;
  /** `user@realm` or `user@realm!token`, as in the UPID. */
  readonly user: string;
  /** Milliseconds since the epoch, Proxmox time. */
  readonly startTime: number;
  readonly running: boolean;
}
