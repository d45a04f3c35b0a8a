/**
 * A scenario as people write it in YAML (docs/simulator.md). Sizes are bytes or quantities (`64Gi`), times are
 * durations (`90s`, `1h30m`) after the scenario's start.
 */
export interface ScenarioDocument {
  /** `version`: the release of all nodes that name none, `8.4`, `9.1` or `9.2`; 9.1 when absent. */
  readonly cluster?: { readonly name?: string; readonly version?: string };
  /** `perNode`: every node has a port of its own; `one` (when absent): only the first node can be asked. */
  readonly listen?: 'one' | 'perNode';
  /** How many times faster than the clock it is given the simulated time runs; 1 when absent. */
  readonly speed?: number;
  /** Same seed, same cluster. */
  readonly seed?: number;
  /** Bytes a second of one node's migration link, shared among the migrations on it; 1Gi when absent. */
  readonly migrationBandwidth?: Size;
  /** Finished tasks kept per node; 1000 when absent. */
  readonly taskRetention?: number;
  readonly users: readonly UserDocument[];
  readonly nodes: readonly NodeDocument[];
  readonly storages?: readonly StorageDocument[];
  readonly pools?: readonly PoolDocument[];
  readonly mappings?: readonly MappingDocument[];
  readonly replication?: readonly ReplicationDocument[];
  readonly ha?: HaDocument;
  /** Datacenter options as /cluster/options names them; numbers may be written as numbers, 1 and 0 as booleans. */
  readonly options?: OptionsDocument;
  readonly guests?: readonly GuestDocument[];
  readonly guestGroups?: readonly GuestGroupDocument[];
  readonly events?: readonly EventDocument[];
  /** What is held against whoever migrates guests, at every moment; memory is only judged with it. */
  readonly judge?: JudgeDocument;
}

export interface JudgeDocument {
  /** One that is kept must stay so, and one that is broken must not get worse. */
  readonly rules?: readonly JudgedRuleDocument[];
  /** Nodes to which no guest may go. */
  readonly drained?: readonly string[];
  /** Share of each target's memory that must stay free, 0 to 1; 0 when absent. */
  readonly memoryReserve?: number;
}

export interface JudgedRuleDocument {
  readonly name: string;
  /** `on`: on one of `nodes`. */
  readonly type: 'apart' | 'together' | 'on';
  readonly guests: readonly number[];
  readonly nodes?: readonly string[];
}

export type Size = number | string;
/** One value, or lowest and highest of a group's members. */
export type Range<T> = T | readonly [T, T];
export type OneOrMore<T> = T | readonly T[];

export interface UserDocument {
  /** `user@realm`. `root@pam` may do everything. */
  readonly name: string;
  /** Who has none can only use tokens. */
  readonly password?: string;
  /** Who has one must send it as second factor; the code never changes. */
  readonly totp?: string;
  /** True when absent. A disabled user's tokens do not work either. */
  readonly enabled?: boolean;
  readonly acl?: readonly AclDocument[];
  readonly tokens?: readonly TokenDocument[];
}

export interface TokenDocument {
  readonly id: string;
  readonly secret: string;
  /** Privilege separation: the token has only what both it and its user have. True when absent, as in PVE. */
  readonly privsep?: boolean;
  /** How long after the start it expires; never when absent. */
  readonly expires?: string;
  readonly acl?: readonly AclDocument[];
}

export interface AclDocument {
  readonly path: string;
  readonly privileges: readonly string[];
  /** Whether it also holds below `path`. True when absent. */
  readonly propagate?: boolean;
}

export interface NodeDocument {
  readonly name: string;
  /** Its release where it is another than the cluster's. */
  readonly version?: string;
  /** Logical CPUs. */
  readonly cpus: number;
  /** Physical cores of all sockets together; half of `cpus` when absent. */
  readonly cores?: number;
  readonly sockets?: number;
  readonly mhz?: number;
  readonly cpuModel?: string;
  readonly cpuFlags?: string;
  readonly memory: Size;
  /** What the node itself uses, without guests. */
  readonly base?: { readonly cpu?: number; readonly memory?: Size };
  /** Share of VM memory that KSM merges once the node is more than 80 % full. */
  readonly ksmShare?: number;
  readonly uptime?: string;
  readonly maintenance?: boolean;
}

export interface StorageDocument {
  readonly name: string;
  readonly type: string;
  readonly content: string;
  readonly shared?: boolean;
  /** Only these nodes have it. */
  readonly nodes?: readonly string[];
  readonly disabled?: boolean;
  readonly size?: Size;
  readonly used?: Size;
}

export interface PoolDocument {
  /** `prod`, or `prod/edge` for one inside another. */
  readonly name: string;
  readonly comment?: string;
  readonly storages?: readonly string[];
}

/** A PCI or USB device, or directory, that guests name instead of one node's own. */
export interface MappingDocument {
  readonly name: string;
  readonly type: 'pci' | 'usb' | 'dir';
  /** The nodes that have it. */
  readonly nodes: readonly string[];
  /** Whether a running VM that uses it can migrate. */
  readonly liveMigration?: boolean;
}

export interface ReplicationDocument {
  readonly guest: number;
  readonly target: string;
  readonly schedule?: string;
}

export type DiskKind = 'disk' | 'cdrom' | 'cloudinit' | 'efi' | 'tpm' | 'unused';

export interface DiskDocument {
  readonly storage: string;
  readonly size: Size;
  /** `disk` when absent. */
  readonly kind?: DiskKind;
  /** Its key in the configuration (`scsi0`, `mp1`); the next free one of its kind when absent. */
  readonly slot?: string;
  /** The volume's name on the storage (`iso/drivers.iso`); made of the VMID when absent. */
  readonly volume?: string;
  /** Snapshots of the guest that hold it. */
  readonly snapshots?: readonly string[];
  /** Whether the guest's replication takes it along; true when absent. */
  readonly replicate?: boolean;
}

export type DemandDocument<T> =
  | T
  | { readonly steps: readonly { readonly at: string; readonly value: T }[] }
  | { readonly ramp: readonly { readonly at: string; readonly value: T }[] };

interface GuestTraits {
  readonly type: 'qemu' | 'lxc';
  readonly status?: 'running' | 'stopped' | 'paused';
  readonly tags?: readonly string[];
  readonly pool?: string;
  readonly disks?: readonly DiskDocument[];
  readonly uptime?: string;
  /** HA manages the guest. `haState` alone means `{state: <its state>}`, and is the service's state at the start. */
  readonly ha?: HaResourceDocument;
  readonly haState?: string;
  /** The configuration's `cpu` of a VM; x86-64-v2-AES when absent. */
  readonly cpuType?: string;
  /** Further lines of its configuration: `hostpci0: "0000:41:00"`, `usb0: "mapping=key"`, `mp1: "/srv,mp=/srv"`. */
  readonly config?: Readonly<Record<string, string | number>>;
  /** How long a container takes to shut down; 5s when absent. */
  readonly shutdown?: string;
}

export interface GuestDocument extends GuestTraits {
  readonly vmid: number;
  readonly name?: string;
  readonly node: string;
  readonly cpus: number;
  readonly memory: Size;
  /** `cpu` in busy cores, `memory` in bytes as the guest sees it. */
  readonly demand?: { readonly cpu?: DemandDocument<number>; readonly memory?: DemandDocument<Size> };
  readonly template?: boolean;
  readonly lock?: string;
}

export interface GuestGroupDocument extends GuestTraits {
  readonly count: number;
  /** The members' VMIDs count up from here. */
  readonly firstVmid: number;
  /** `{n}` becomes the member's number, from 1. */
  readonly name?: string;
  /** Several nodes take turns. */
  readonly node: OneOrMore<string>;
  readonly cpus: Range<number>;
  readonly memory: Range<Size>;
  readonly demand?: { readonly cpu?: Range<number>; readonly memory?: Range<Size> };
}

/** What HA is configured to do with a guest; PVE fills in defaults nowhere, so neither does this. */
export interface HaResourceDocument {
  /** started when absent. */
  readonly state?: 'started' | 'stopped' | 'enabled' | 'disabled' | 'ignored';
  /** 8.4 */
  readonly group?: string;
  /** 9.x */
  readonly failback?: boolean;
  /** 9.2 */
  readonly autoRebalance?: boolean;
  readonly maxRestart?: number;
  readonly maxRelocate?: number;
  readonly comment?: string;
}

export interface HaDocument {
  /** Hold while a node of the cluster has 8.4. */
  readonly groups?: readonly HaGroupDocument[];
  /** Hold once all nodes have 9.x. */
  readonly rules?: readonly HaRuleDocument[];
}

export interface HaGroupDocument {
  readonly name: string;
  /** `pve1`, or `pve1:2` with a priority. */
  readonly nodes: readonly string[];
  readonly restricted?: boolean;
  readonly nofailback?: boolean;
  readonly comment?: string;
}

interface HaRuleTraits {
  readonly name: string;
  /** `vm:100`, `ct:200` */
  readonly resources: readonly string[];
  readonly disabled?: boolean;
  readonly comment?: string;
}

export interface NodeAffinityDocument extends HaRuleTraits {
  readonly type: 'node-affinity';
  /** `pve1`, or `pve1:2` with a priority. */
  readonly nodes: readonly string[];
  readonly strict?: boolean;
  /** 9.2: `negative` keeps the resources off the nodes. */
  readonly affinity?: 'positive' | 'negative';
}

export interface ResourceAffinityDocument extends HaRuleTraits {
  readonly type: 'resource-affinity';
  readonly affinity: 'positive' | 'negative';
}

export type HaRuleDocument = NodeAffinityDocument | ResourceAffinityDocument;

type OptionValue = string | number | boolean | readonly string[];
export type OptionsDocument = Readonly<Record<string, OptionValue | Readonly<Record<string, OptionValue>>>>;

/** What happens at a time; exactly one of the actions. */
export interface EventDocument {
  readonly at: string;
  readonly nodeOffline?: string;
  readonly nodeOnline?: string;
  readonly quorum?: boolean;
  readonly maintenance?: { readonly node: string; readonly on: boolean };
  /** Every answer of the node comes this much later; other nodes give up on it after 30 s. `0s` ends it. */
  readonly slowNode?: { readonly node: string; readonly delay: string };
  /** The node tells nothing new about itself and its guests. */
  readonly freezeStatistics?: { readonly node: string; readonly on: boolean };
  readonly failNextMigration?: {
    readonly vmid: number;
    readonly exitStatus: string;
    readonly reason?: string;
    readonly leaves?: MigrationRemnants;
  };
  readonly lock?: { readonly vmid: number; readonly lock: string };
  readonly unlock?: number;
  /** A vzdump task with its lock. */
  readonly backup?: { readonly vmid: number; readonly duration: string };
  readonly demand?: { readonly vmid: number; readonly cpu?: number; readonly memory?: Size };
  /** The state HA's manager has the guest in. */
  readonly haServiceState?: { readonly vmid: number; readonly state: string };
  /** 9.2: HA is disarmed, its resources frozen or ignored; `off` arms it again. */
  readonly disarmHa?: 'freeze' | 'ignore' | 'off';
  /** Changes some datacenter options. */
  readonly options?: OptionsDocument;
  readonly revokeToken?: string;
  /** No ticket given out so far is valid any more. */
  readonly expireTickets?: boolean;
  readonly disableUser?: string;
  readonly enableUser?: string;
  readonly closeListener?: string;
  readonly openListener?: string;
  readonly fault?: FaultDocument;
}

/** What a migration that failed after it had moved the guest left undone. */
export type MigrationRemnants = 'locked' | 'paused' | 'stopped';

/** What goes wrong with the next `times` requests that match (once when absent). */
export interface FaultDocument {
  readonly method?: string;
  /** Regular expression over the path below `/api2/json`. */
  readonly path: string;
  readonly times?: number;
  readonly effect: FaultName;
  /** For `slow`: how much later it answers, in simulated time. */
  readonly delay?: string;
  /** For `answer`. */
  readonly status?: number;
  readonly reason?: string;
  readonly body?: string;
}

/**
 * `loseAnswer` acts and answers nothing, `loseRequest` does neither, `hang` acts and never answers, `slow` waits first,
 * `answer` says what it is told without acting; the others act and spoil the answer.
 */
export type FaultName =
  | 'loseAnswer'
  | 'loseRequest'
  | 'hang'
  | 'slow'
  | 'answer'
  | 'html'
  | 'truncated'
  | 'nullData'
  | 'stringNumbers'
  | 'endless';
