/** What a policy demands of where guests are, beside balance. */
export interface Placement {
  readonly rules: readonly PlacementRule[];
  /** Globs of the nodes that all guests are to leave. */
  readonly drainNodes: readonly string[];
  /** How much of a target's memory is not given to guests, 0.1 for `10%`. */
  readonly memoryReserveShare: number;
}

export interface PlacementRule {
  readonly name: string;
  /**
   * - `Affinity`: the guests are to be on one node;
   * - `AntiAffinity`: no two of the guests are to be on one node;
   * - `Pin`: the guests are to be on one of `nodes`.
   */
  readonly type: 'Affinity' | 'AntiAffinity' | 'Pin';
  readonly guests: RuleGuests;
  /** Globs; of a `Pin`. */
  readonly nodes: readonly string[];
  /** `Preferred`: wished for, and given up where balance or a required rule needs it. */
  readonly enforcement: 'Required' | 'Preferred';
}

/** A guest is meant when any of these names it. */
export interface RuleGuests {
  readonly vmids: readonly number[];
  /** Globs. */
  readonly tags: readonly string[];
  /** Globs. */
  readonly pools: readonly string[];
}

export const NO_PLACEMENT: Placement = { rules: [], drainNodes: [], memoryReserveShare: 0 };
