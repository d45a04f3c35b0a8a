/** What PVE's HA manager knows and wants, as far as migrations must respect it (docs/proxmox-api.md §4.11, §10). */

/** A guest in the care of HA. Resources that HA ignores are none. */
export interface HaService {
  /** HA's state of it, `started` in the normal course; undefined while HA has not taken it up. */
  readonly state: string | undefined;
  /** Whether HA moves it back to a node that its rules prefer. */
  readonly failback: boolean;
  /** Whether it takes part in PVE's own rebalancing, where that is on. */
  readonly autoRebalance: boolean;
  /** What of its HA configuration could not be read, so that nobody knows where it may be; a sentence part. */
  readonly fault: string | undefined;
}

export interface ClusterHa {
  /** Why HA guests are not to be touched at present; a sentence part, undefined in the normal course. */
  readonly hold: string | undefined;
  /** PVE 9.2 and later moves HA guests itself. */
  readonly nativeRebalancing: boolean;
  /** Those in force: neither disabled nor refused by PVE. Groups of PVE 8 are node affinities. */
  readonly rules: readonly HaRule[];
  /** Where HA has its services, those included that cannot be seen as guests. */
  readonly services: readonly { readonly vmid: number; readonly node: string }[];
}

export type HaRule = NodeAffinity | ResourceAffinity;

export interface NodeAffinity {
  readonly kind: 'NodeAffinity';
  readonly name: string;
  readonly vmids: readonly number[];
  readonly nodes: readonly { readonly name: string; readonly priority: number }[];
  /** Whether other nodes are forbidden, or only worse than any of these. */
  readonly strict: boolean;
  /** Negative: the guests are to keep off these nodes. */
  readonly affinity: 'Positive' | 'Negative';
}

/** Guests that are to be on one node (positive) or on different ones (negative); always strict. */
export interface ResourceAffinity {
  readonly kind: 'ResourceAffinity';
  readonly name: string;
  readonly vmids: readonly number[];
  readonly affinity: 'Positive' | 'Negative';
}

/** A cluster that does not use HA. */
export const NO_HA: ClusterHa = { hold: undefined, nativeRebalancing: false, rules: [], services: [] };
