/**
 * A scenario as people write it in YAML (docs/simulator.md). Sizes are bytes or quantities (`64Gi`), times are
 * durations (`90s`, `1h30m`) after the scenario's start.
 */
export interface ScenarioDocument {
  readonly cluster?: { readonly name?: string; readonly version?: string };
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
  readonly pools?: readonly { readonly name: string; readonly comment?: string }[];
  readonly guests?: readonly GuestDocument[];
  readonly guestGroups?: readonly GuestGroupDocument[];
  readonly events?: readonly EventDocument[];
}

export type Size = number | string;
/** One value, or lowest and highest of a group's members. */
export type Range<T> = T | readonly [T, T];
export type OneOrMore<T> = T | readonly T[];

export interface UserDocument {
  /** `user@realm`. `root@pam` may do everything. */
  readonly name: string;
  readonly acl?: readonly AclDocument[];
  readonly tokens?: readonly TokenDocument[];
}

export interface TokenDocument {
  readonly id: string;
  readonly secret: string;
  /** Privilege separation: the token has only what both it and its user have. True when absent, as in PVE. */
  readonly privsep?: boolean;
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
  readonly size?: Size;
  readonly used?: Size;
}

export interface DiskDocument {
  readonly storage: string;
  readonly size: Size;
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
  /** HA service state; a guest that has one is managed by HA. */
  readonly haState?: string;
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

/** What happens at a time; exactly one of the actions. */
export interface EventDocument {
  readonly at: string;
  readonly nodeOffline?: string;
  readonly nodeOnline?: string;
  readonly quorum?: boolean;
  readonly maintenance?: { readonly node: string; readonly on: boolean };
  readonly failNextMigration?: {
    readonly vmid: number;
    readonly exitStatus: string;
    readonly reason?: string;
  };
  readonly lock?: { readonly vmid: number; readonly lock: string };
  readonly unlock?: number;
  readonly demand?: { readonly vmid: number; readonly cpu?: number; readonly memory?: Size };
  readonly revokeToken?: string;
  readonly fault?: FaultDocument;
}

/** What goes wrong with the next `times` requests that match (once when absent). */
export interface FaultDocument {
  readonly method?: string;
  /** Regular expression over the path below `/api2/json`. */
  readonly path: string;
  readonly times?: number;
  /** `loseAnswer` acts and answers nothing, `loseRequest` does neither, `hang` acts and never answers. */
  readonly effect: 'loseAnswer' | 'loseRequest' | 'hang' | 'slow';
  /** For `slow`: how much later it answers, in simulated time. */
  readonly delay?: string;
}
