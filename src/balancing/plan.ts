import type { BlockKind } from './block.ts';
import type { GuestType } from './cluster.ts';

/** What a policy asks for, in the units planning works in. */
export interface BalanceSettings {
  readonly strategy: 'Cslb';
  /** 0.2 for `20%`. */
  readonly tolerance: number;
  /** Relative; at least one is above zero. */
  readonly weights: { readonly cpu: number; readonly memory: number };
  readonly exclusions: Exclusions;
  readonly maxMigrations: number;
  readonly containers: 'Never' | 'Restart';
  /** Whether disks on storage of one node are copied along. */
  readonly localDisks: boolean;
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
  /** Cslb's node weight, always finite; undefined for nodes that do not take part. */
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
  /** A sentence for people: why this guest, from there to here. */
  readonly reason: string;
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
  /** What is compared with the tolerance: deviation / mean. Undefined with fewer than two nodes. */
  readonly value: number | undefined;
  readonly tolerance: number;
  readonly mean: number;
  readonly deviation: number;
}

export interface Plan {
  readonly strategy: 'Cslb';
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
}
