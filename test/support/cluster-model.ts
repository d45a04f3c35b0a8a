import type { AbsentNode, Cluster, Guest, NodeFigures, OnlineNode } from '../../src/balancing/cluster.ts';
import type { ExaminedGuest, GuestVolume } from '../../src/balancing/guest-examination.ts';
import { type HaService, NO_HA } from '../../src/balancing/high-availability.ts';
import { NO_PLACEMENT } from '../../src/balancing/placement.ts';
import type { BalanceSettings } from '../../src/balancing/plan.ts';

const GIB = 2 ** 30;
export const gib = (count: number): number => Math.round(count * GIB);

export interface NodeTraits extends Partial<NodeFigures> {
  readonly uptimeSeconds?: number;
  /** All three load averages. */
  readonly load?: number;
  readonly memoryUsedGib?: number;
}

/** An online node of 16 cores at 2 GHz and 100 GiB, by default idle. */
export function node(name: string, traits: NodeTraits = {}): OnlineNode {
  const { uptimeSeconds = 1_000_000, load = 0, memoryUsedGib = 0, ...figures } = traits;
  const used = gib(memoryUsedGib);
  return {
    name,
    availability: 'Online',
    uptimeSeconds,
    figures: {
      cpuMhz: 2_000,
      cpuCores: 16,
      cpuSockets: 1,
      cpuThreads: 32,
      cpuModel: 'Test',
      cpuFlags: ['aes', 'avx2'],
      architecture: 'x86_64',
      pveVersion: '9.1.2',
      loadAverage: [load, load, load],
      cpuUsedShare: Math.min(1, load / 16),
      memoryTotalBytes: gib(100),
      memoryUsedBytes: used,
      memoryFreeBytes: gib(100) - used,
      ksmSharedBytes: 0,
      ...figures,
    },
  };
}

export function absentNode(name: string, availability: AbsentNode['availability']): AbsentNode {
  return { name, availability, uptimeSeconds: 0, detail: `the node is ${availability}` };
}

/** A running VM on a node, of 4 CPUs, half of them busy, and 1 of 4 GiB used. */
export function guest(vmid: number, onNode: string, traits: Partial<Guest> = {}): Guest {
  return {
    vmid,
    type: 'qemu',
    name: `vm-${vmid}`,
    node: onNode,
    status: 'running',
    template: false,
    lock: undefined,
    tags: [],
    pool: undefined,
    ha: undefined,
    replicationTargets: undefined,
    activeTask: undefined,
    cpuUsedShare: 0.5,
    cpuCount: 4,
    memoryBytes: gib(1),
    memoryHostBytes: 0,
    memoryMaxBytes: gib(4),
    uptimeSeconds: 1_000,
    settling: false,
    examination: undefined,
    ...traits,
  };
}

/** A closer look that has found nothing in the way. */
export function examined(traits: Partial<ExaminedGuest> = {}): ExaminedGuest {
  return {
    kind: 'Examined',
    allowedNodes: undefined,
    refusals: [],
    dependents: [],
    devices: [],
    volumes: [],
    cpu: { kind: 'Named', type: 'x86-64-v2-AES' },
    ...traits,
  };
}

/** A disk on the storage `shared`. */
export function volume(traits: Partial<GuestVolume> = {}): GuestVolume {
  const { storage = 'shared' } = traits;
  return {
    key: 'scsi0',
    volume: `${storage}:vm-100-disk-0`,
    storage,
    bytes: gib(8),
    kind: 'Disk',
    local: false,
    inSnapshot: false,
    replicated: true,
    ...traits,
  };
}

export function haService(traits: Partial<HaService> = {}): HaService {
  return { state: 'started', failback: true, autoRebalance: true, fault: undefined, ...traits };
}

export function cluster(traits: Partial<Cluster>): Cluster {
  return { nodes: [], guests: [], unreadable: [], incoming: [], ha: NO_HA, storages: [], ...traits };
}

export interface SettingsTraits extends Partial<Omit<BalanceSettings, 'exclusions'>> {
  readonly exclusions?: Partial<BalanceSettings['exclusions']>;
}

/** The defaults of a policy, but with tolerance 5 %. */
export function settings({ exclusions, ...traits }: SettingsTraits = {}): BalanceSettings {
  return {
    strategy: 'Cslb',
    tolerance: 0.05,
    weights: { cpu: 40, memory: 60 },
    exclusions: { nodes: [], vmids: [], types: [], tags: [], pools: [], ...exclusions },
    maxMigrations: 5,
    containers: 'Never',
    localDisks: false,
    placement: NO_PLACEMENT,
    minimumGain: 0,
    ...traits,
  };
}
