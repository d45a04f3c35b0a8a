import type { Profile } from '../profile.ts';
import type { Demand } from '../world/demand.ts';
import type { DiskKind } from './document.ts';

export interface NodeSpecification {
  readonly name: string;
  readonly profile: Profile;
  readonly cpus: number;
  readonly cores: number;
  readonly sockets: number;
  readonly mhz: number;
  readonly cpuModel: string;
  readonly cpuFlags: string;
  readonly memoryBytes: number;
  readonly baseCpuCores: number;
  readonly baseMemoryBytes: number;
  readonly ksmShare: number;
  readonly uptimeMs: number;
  readonly maintenance: boolean;
}

export interface StorageSpecification {
  readonly name: string;
  readonly type: string;
  readonly content: string;
  readonly shared: boolean;
  readonly disabled: boolean;
  /** Undefined: every node has it. */
  readonly nodes: readonly string[] | undefined;
  readonly sizeBytes: number;
  readonly usedBytes: number;
}

/** What must never be, in migrations of whomever. */
export interface Judgement {
  readonly rules: readonly JudgedRule[];
  readonly drained: readonly string[];
  /** Share of a target's memory that stays free. */
  readonly memoryReserve: number;
}

export type JudgedRule = { readonly name: string; readonly guests: readonly number[] } & (
  | { readonly type: 'apart' | 'together' }
  | { readonly type: 'on'; readonly nodes: readonly string[] }
);

export interface PoolSpecification {
  readonly name: string;
  readonly comment: string | undefined;
  readonly storages: readonly string[];
}

export interface DiskSpecification {
  readonly storage: string;
  readonly sizeBytes: number;
  readonly kind: DiskKind;
  /** Key in the guest's configuration. */
  readonly slot: string;
  /** `storage:name` */
  readonly volumeId: string;
  readonly snapshots: readonly string[];
  readonly replicate: boolean;
}

/** As configured: what is undefined is not in the configuration. */
export interface HaResource {
  readonly state: 'started' | 'stopped' | 'enabled' | 'disabled' | 'ignored' | undefined;
  readonly group: string | undefined;
  readonly failback: boolean | undefined;
  readonly autoRebalance: boolean | undefined;
  readonly maxRestart: number | undefined;
  readonly maxRelocate: number | undefined;
  readonly comment: string | undefined;
}

export interface HaGroup {
  readonly name: string;
  readonly nodes: ReadonlyMap<string, number>;
  readonly restricted: boolean;
  readonly nofailback: boolean;
  readonly comment: string | undefined;
}

export type HaRule = {
  readonly name: string;
  readonly resources: readonly string[];
  readonly disabled: boolean;
  readonly comment: string | undefined;
} & (
  | {
      readonly type: 'node-affinity';
      /** Priority by node. */
      readonly nodes: ReadonlyMap<string, number>;
      readonly strict: boolean;
      readonly affinity: 'positive' | 'negative';
    }
  | { readonly type: 'resource-affinity'; readonly affinity: 'positive' | 'negative' }
);

export interface GuestSpecification {
  readonly vmid: number;
  readonly type: 'qemu' | 'lxc';
  readonly name: string;
  readonly node: string;
  readonly status: 'running' | 'stopped' | 'paused';
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly cpuDemand: Demand;
  readonly memoryDemand: Demand;
  readonly tags: readonly string[];
  readonly pool: string | undefined;
  readonly disks: readonly DiskSpecification[];
  readonly uptimeMs: number;
  /** Undefined: HA does not manage it. */
  readonly ha: HaResource | undefined;
  /** Of its HA service at the start. */
  readonly haState: string;
  /** Lines of its configuration besides those that follow from the rest. */
  readonly config: Readonly<Record<string, string | number>>;
  readonly shutdownMs: number;
  readonly template: boolean;
  readonly lock: string | undefined;
}
