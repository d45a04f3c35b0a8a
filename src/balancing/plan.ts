import type { BlockKind } from './block.ts';
import type { GuestType } from './cluster.ts';
import type { Placement } from './placement.ts';

/** What a policy asks for, in the units planning works in. */
export type StrategyName = 'Cslb' | 'Optimize';

export interface BalanceSettings {
  readonly strategy: StrategyName;
  /** 0.2 for `20%`. */
  readonly tolerance: number;
  /** Relative; at least one is above zero. */
  readonly weights: { readonly cpu: number; readonly memory: number };
  readonly exclusions: Exclusions;
  readonly maxMigrations: number;
  readonly containers: 'Never' | 'Restart';
  /** Whether disks on storage of one node are copied along. */
  readonly localDisks: boolean;
  readonly placement: Placement;
  /** By how much a plan must lower the imbalance to be made, 0.05 for `5%`; 0: any plan is made. */
  readonly minimumGain: number;
}

export interface Exclusions {
  /** Globs. */
  readonly nodes: readonly string[];
  readonly vmids: readonly number[];
  readonly types: readonly GuestType[];
  /** Globs. */
  readonly tags: readonly string[];
  /** Globs. */
  readonly pools: readonly string[];
}

export type NodeRole =
  | 'Source'
  | 'Target'
  | 'Neutral'
  | 'Overloaded'
  | 'Excluded'
  | 'Maintenance'
  | 'Offline'
  | 'Unknown';

export interface NodeAssessment {
  readonly name: string;
  readonly role: NodeRole;
  /** Cslb's node weight, always finite; undefined for nodes that do not take part, and under other strategies. */
  readonly weight: number | undefined;
  /** Used shares, 0 to 1; undefined where unknown. */
  readonly cpuUsedShare: number | undefined;
  readonly memoryUsedShare: number | undefined;
  /** Running guests on it. */
  readonly guests: number;
}

export interface PlannedMigration {
  readonly vmid: number;
  readonly type: GuestType;
  readonly name: string;
  readonly source: string;
  readonly target: string;
  readonly memoryBytes: number;
  /** Guests that Proxmox HA moves along with it, by VMID; their memory is not in `memoryBytes`. */
  readonly companions: readonly Companion[];
  /** A sentence for people: why this guest, from there to here. */
  readonly reason: string;
}

export interface Companion {
  readonly vmid: number;
  readonly type: GuestType;
  readonly name: string;
  readonly memoryBytes: number;
}

export interface SkippedGuest {
  readonly vmid: number;
  readonly name: string;
  readonly node: string;
  readonly block: BlockKind;
  /** A sentence part for people. */
  readonly reason: string;
}

export interface Imbalance {
  /**
   * What is compared with the tolerance. Cslb: deviation / mean of the weights; Optimize: the largest spread of a resource
   * that counts. Undefined with fewer than two nodes.
   */
  readonly value: number | undefined;
  readonly tolerance: number;
  /** Of the nodes' weights; undefined where the strategy does not weigh. */
  readonly mean: number | undefined;
  readonly deviation: number | undefined;
  /** Of the resources that count; empty where the strategy does not look at them one by one. */
  readonly resources: readonly ResourceSpread[];
}

export type Resource = 'cpu' | 'memory';

export interface ResourceSpread {
  readonly name: Resource;
  /** Between the highest and the lowest used share of a node, 0 to 1. */
  readonly spread: number;
}

/** Something a person has asked for that cannot be had as it is written. */
export interface PlacementProblem {
  /** `rule 'db'` or `drainNodes`. */
  readonly subject: string;
  /**
   * - `Conflict`: it contradicts itself, another rule, HA or the cluster;
   * - `NoGuests`: it means no guest of the cluster at present.
   */
  readonly kind: 'Conflict' | 'NoGuests';
  /** A sentence part that follows the subject. */
  readonly reason: string;
}

export interface Plan {
  readonly strategy: StrategyName;
  /** Undefined exactly when `undecided` is set. */
  readonly balanced: boolean | undefined;
  readonly imbalance: Imbalance;
  /** By name. */
  readonly nodes: readonly NodeAssessment[];
  /** In the order they are to be carried out. */
  readonly migrations: readonly PlannedMigration[];
  /** The imbalance expected after all migrations; equals `imbalance` when there are none. */
  readonly predicted: Imbalance;
  /** Guests that may not move, with the first reason that holds, by vmid. */
  readonly skipped: readonly SkippedGuest[];
  /** Out of tolerance, and the strategy finds nothing to move. The sentence says why and what to do. */
  readonly exhausted: string | undefined;
  /** Too few of the online nodes are known to judge the cluster; nothing moves. The sentence says why. */
  readonly undecided: string | undefined;
  /** By subject. */
  readonly problems: readonly PlacementProblem[];
  /**
   * How many required rules are violated and guests are on nodes to be drained, before the plan and after it; 0 under
   * Cslb, which does not see to them.
   */
  readonly unmet: { readonly before: number; readonly after: number };
}
