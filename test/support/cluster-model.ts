import type { AbsentNode, Cluster, Guest, NodeFigures, OnlineNode } from '../../src/balancing/cluster.ts';
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
    haManaged: false,
    replicated: false,
    activeTask: undefined,
    cpuUsedShare: 0.5,
    cpuCount: 4,
    memoryBytes: gib(1),
    memoryHostBytes: 0,
    memoryMaxBytes: gib(4),
    uptimeSeconds: 1_000,
    ...traits,
  };
}

export function cluster(traits: Partial<Cluster>): Cluster {
  return { nodes: [], guests: [], unreadable: [], incoming: [], ...traits };
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
    ...traits,
  };
}
