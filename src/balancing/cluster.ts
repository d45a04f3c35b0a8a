import type { GuestExamination } from './guest-examination.ts';
import type { ClusterHa, HaService } from './high-availability.ts';

/**
 * The model of a Proxmox cluster that all planning works on. Plain data, complete in itself: whoever makes it
 * (`proxmox/inventory`, a snapshot, a test) has validated it, so every number here is finite and not negative.
 */

export type GuestType = 'qemu' | 'lxc';

/**
 * - `Online`: takes part;
 * - `Maintenance`, `Offline`: drop out;
 * - `Unknown`: online, but its figures could not be read or are stale: neither source nor target.
 */
export type NodeAvailability = 'Online' | 'Maintenance' | 'Offline' | 'Unknown';

interface NodeBase {
  readonly name: string;
  readonly uptimeSeconds: number;
}

/** A node whose figures are known. */
export interface OnlineNode extends NodeBase {
  readonly availability: 'Online';
  readonly figures: NodeFigures;
}

export interface AbsentNode extends NodeBase {
  readonly availability: Exclude<NodeAvailability, 'Online'>;
  /** Why, in words for a condition message. */
  readonly detail: string;
  /** Of an `Unknown` node: whether its figures could not be read, or are not of the present. */
  readonly doubt?: 'Unread' | 'Stale';
}

export type ClusterNode = OnlineNode | AbsentNode;

export interface NodeFigures {
  /** `cpuinfo.mhz`; 0 when unknown. Noise on nodes with frequency scaling (docs/proxmox-api.md §4.5). */
  readonly cpuMhz: number;
  /** Physical cores of all sockets together, as PVE reports it (`cpuinfo.cores`; 1 on ARM). */
  readonly cpuCores: number;
  readonly cpuSockets: number;
  /** Logical CPUs. */
  readonly cpuThreads: number;
  /** '' when unknown. */
  readonly cpuModel: string;
  /** Features of its CPU (`cpuinfo.flags`); empty when unknown. */
  readonly cpuFlags: readonly string[];
  /** Of the kernel: `x86_64`, `aarch64`; '' when unknown. */
  readonly architecture: string;
  /** `9.1.2`; '' when unknown. */
  readonly pveVersion: string;
  /** 1, 5 and 15 minutes. */
  readonly loadAverage: readonly [number, number, number];
  /** Busy share of all logical CPUs, 0 to 1, over the last 10 s (`/cluster/resources`). */
  readonly cpuUsedShare: number;
  readonly memoryTotalBytes: number;
  readonly memoryUsedBytes: number;
  /** PVE's `memory.free`: less than total − used on PVE 9, where page cache counts as neither (docs/proxmox-api.md §4.5). */
  readonly memoryFreeBytes: number;
  readonly ksmSharedBytes: number;
}

export interface Guest {
  readonly vmid: number;
  readonly type: GuestType;
  readonly name: string;
  readonly node: string;
  /** PVE's word: `running`, `stopped`, `paused`, `unknown`, ... */
  readonly status: string;
  readonly template: boolean;
  readonly lock: string | undefined;
  readonly tags: readonly string[];
  readonly pool: string | undefined;
  /** Undefined when HA does not manage it. */
  readonly ha: HaService | undefined;
  /** Where its replication jobs copy it; undefined when it has none. */
  readonly replicationTargets: readonly string[] | undefined;
  /** A task (backup, migration, ...) is running on it; its UPID type. */
  readonly activeTask: string | undefined;
  /** Busy share of its own CPUs; may exceed 1 a little. */
  readonly cpuUsedShare: number;
  /** Its own CPUs; not always whole (a container's CPU limit). */
  readonly cpuCount: number;
  readonly memoryBytes: number;
  /** What it occupies on its node (PVE 9.x, running VMs); 0 where PVE does not say. */
  readonly memoryHostBytes: number;
  readonly memoryMaxBytes: number;
  readonly uptimeSeconds: number;
  /** It has just been migrated or started, and its statistics do not show that yet (docs/proxmox-api.md §4.3, Staleness). */
  readonly settling: boolean;
  /** RFC 3339; until then the policy leaves it alone, because it was migrated lately or could not be. */
  readonly restsUntil?: string;
  /** Undefined where no closer look was taken at it: what only that would show is then taken as unproblematic. */
  readonly examination: GuestExamination | undefined;
}

/** A storage as the operator's user sees it. */
export interface ClusterStorage {
  readonly name: string;
  /** Every node that has it sees the same content. */
  readonly shared: boolean;
  /** Where it is enabled and available. */
  readonly nodes: readonly string[];
}

export interface Cluster {
  readonly nodes: readonly ClusterNode[];
  /** Every guest that could be read, in no particular order. */
  readonly guests: readonly Guest[];
  /** Guests known to exist that could not be read: never candidates, named in `DataComplete`. */
  readonly unreadable: readonly UnreadableGuest[];
  /** Memory under way to nodes (running migrations, ours and foreign): counts as used on the target. */
  readonly incoming: readonly IncomingMemory[];
  readonly ha: ClusterHa;
  readonly storages: readonly ClusterStorage[];
}

export interface UnreadableGuest {
  readonly vmid: number;
  readonly node: string;
  readonly detail: string;
}

export interface IncomingMemory {
  readonly node: string;
  readonly vmid: number;
  readonly bytes: number;
}

/** What a guest takes along when it moves. */
export function guestRoomBytes(guest: Guest): number {
  return Math.max(guest.memoryBytes, guest.memoryHostBytes);
}
