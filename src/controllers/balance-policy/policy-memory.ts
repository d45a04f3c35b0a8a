import type { HistoryEntry } from '../../api/generated/balance-policy.ts';
import type { GuestExamination } from '../../balancing/guest-examination.ts';
import type { PlannedMigration } from '../../balancing/plan.ts';
import type { QuietRead } from './settlement.ts';
import type { EndedLeg } from './step-order.ts';

/**
 * What the operator remembers of a policy between reconciles. All of it may be lost at any moment (a restart): then
 * migrations not yet posted are dropped, and settling takes its time again. Nothing here may be needed for safety.
 */
export interface PolicyMemory {
  run: Run | undefined;
  /** Entries whose intent is stored, or may be, but whose POST was certainly not sent. */
  readonly neverPosted: Set<string>;
  /** By entry: as which Proxmox user its POST was sent; the credentials may be replaced meanwhile. */
  readonly postedAs: Map<string, string>;
  /** By entry: the first read that showed nothing under way, as long as all later ones agree. */
  readonly quietReads: Map<string, QuietRead>;
  /** By entry that HA has queued, and guest of it: since when it was seen on the target, Proxmox time. */
  readonly arrivals: Map<string, number>;
  /** By entry of guests that HA moves together: since when they are seen on different nodes, Proxmox time. */
  readonly apart: Map<string, number>;
  /** By entry: the code of the fault that keeps it from being followed, as the log has it already. */
  readonly faults: Map<string, string>;
  /** Migrations that failed lately, by entry: the history may keep none. */
  readonly failed: Map<string, HistoryEntry>;
  /** Containers of those and of the history that need no watching any more, by entry and VMID. */
  readonly watched: Set<string>;
  /** UPIDs of tasks that have ended since the last evaluation; the cluster's list shows them as running for a while. */
  readonly ended: Set<string>;
  /** What is still to be believed of guests that may not move (`evaluate.ts`). */
  readonly examinations: Map<number, GuestExamination>;
  /** Since when every evaluation has found the cluster out of tolerance; undefined when the last one did not. */
  imbalancedSince: number | undefined;
  /** The plan whose approval the last evaluation knew of, and did not act on for another reason. */
  knownApproval: string | undefined;
  /** When the last migration that ended was seen to, Proxmox time; the history may keep none. */
  lastEnd: number | undefined;
  /** Reason and message of the last failure that an Event told of. */
  announcedFailure: string | undefined;
}

/** A plan being carried out. */
export interface Run {
  readonly planId: string;
  /** Of the physical cluster that it was made for. */
  readonly identity: string;
  readonly generation: number;
  /** Not yet posted, in the plan's order. */
  readonly remaining: readonly PlannedMigration[];
  /** In the order they ended. */
  readonly ended: readonly EndedLeg[];
  /** Which of them waits, and for what beside the limits; a sentence part. */
  readonly holdUp?: string | undefined;
  /** Monotonic. Until then the migrations of others, which keep it from going on, are not looked at again. */
  readonly waitsUntil?: number;
}

export interface PolicyMemories {
  /** The memory of the policy with this key and uid; a new one when another policy had the name before. */
  of(key: string, uid: string): PolicyMemory;
  /** `lastEnd` of the policy with this key, if anything is remembered of it. */
  lastEnd(key: string): number | undefined;
  forget(key: string): void;
}

export function createPolicyMemories(): PolicyMemories {
  const memories = new Map<string, { readonly uid: string; readonly memory: PolicyMemory }>();
  return {
    of(key, uid) {
      const known = memories.get(key);
      if (known?.uid === uid) return known.memory;
      const memory: PolicyMemory = {
        run: undefined,
        neverPosted: new Set(),
        postedAs: new Map(),
        quietReads: new Map(),
        arrivals: new Map(),
        apart: new Map(),
        failed: new Map(),
        watched: new Set(),
        faults: new Map(),
        ended: new Set(),
        examinations: new Map(),
        imbalancedSince: undefined,
        knownApproval: undefined,
        lastEnd: undefined,
        announcedFailure: undefined,
      };
      memories.set(key, { uid, memory });
      return memory;
    },
    lastEnd: (key) => memories.get(key)?.memory.lastEnd,
    forget: (key) => {
      memories.delete(key);
    },
  };
}
