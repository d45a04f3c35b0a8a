import type { BlockReason } from '../../../src/api/block-reasons.ts';
import type {
  EventDocument,
  GuestDocument,
  ScenarioDocument,
} from '../../../src/simulator/scenario/document.ts';
import type { PolicySpec } from '../lab-objects.ts';

/** A file of test/scenarios. Times are durations (`90s`), on the one clock of operator and cluster. */
export interface ScenarioFile {
  /** What is tried, as a sentence. */
  readonly title: string;
  /** When it begins; Monday, 5 January 2026, at noon UTC when absent. */
  readonly start?: string;
  readonly proxmox?: ProxmoxPart;
  /** Spec by name, over that of `pveCluster` in test/support/lab-objects.ts; all are the one simulated cluster. `lab` when absent. */
  readonly pveClusters?: Readonly<Record<string, object>>;
  /** Spec by name, over that of `balancePolicy` there. `lab` with `interval: 30s` when absent. */
  readonly policies?: Readonly<Record<string, PolicySpec>>;
  readonly credentials?: CredentialsPart;
  /** Whether operators act only while they hold the lease; false when absent. */
  readonly leaderElection?: boolean;
  readonly steps: readonly Step[];
  /** What happened in the end. */
  readonly expect: {
    /** Every migration, in the order they began: `101 pve1 pve3 OK`, with `running` while it runs. */
    readonly tasks: readonly string[];
    /** Every entry of all policies, oldest first: `101 Succeeded`. */
    readonly history: readonly string[];
    /** Reasons of Events, each at least once. */
    readonly events?: readonly string[];
    /** Reasons of Events that there may be none of. */
    readonly noEvents?: readonly string[];
    /** Codes of the errors that operators ended with, in the order they were started; none when absent. */
    readonly ends?: readonly string[];
  };
}

/** The skewed cluster of test/support/balance-scenario.ts, which CSLB balances by moving 101 from pve1 to pve3. */
export interface ProxmoxPart
  extends Partial<Omit<ScenarioDocument, 'guests' | 'nodes' | 'pools' | 'users' | 'migrationBandwidth'>> {
  readonly hotNodes?: 1 | 2;
  readonly migrationBandwidth?: string;
  readonly pools?: readonly string[];
  /** By VMID: over the guest of this VMID, or one more. */
  readonly guests?: Readonly<Record<string, Partial<Omit<GuestDocument, 'vmid'>>>>;
  /** By name: over the node of this name. */
  readonly nodes?: Readonly<Record<string, object>>;
}

export interface CredentialsPart {
  /** False: there is no Secret. */
  readonly secret?: boolean;
  readonly type?: string;
  /** Whose token it is; operator when absent. */
  readonly token?: 'operator' | 'auditor';
}

/** One of them each. */
export type Step = Partial<StepKinds>;

export interface StepKinds {
  /** Lets time pass. */
  readonly run: string;
  /** Lets time pass until the object is like this: as it is now, or in any state that was stored since the step before. */
  readonly wait: Wait;
  /** Something happens to the cluster: an event of the simulator's scenarios, without `at`. */
  readonly pve: Omit<EventDocument, 'at'>;
  /** Somebody else's task, which holds no lock. */
  readonly task: {
    readonly type: string;
    readonly vmid: number;
    readonly node: string;
    /** `operator` for the operator's own token. */
    readonly user: string;
    readonly duration: string;
  };
  readonly moveGuest: { readonly vmid: number; readonly target: string };
  readonly removeGuest: number;
  /** Lines of its configuration. */
  readonly configure: { readonly vmid: number; readonly lines: Readonly<Record<string, string | number>> };
  /** Whether the cluster's API can be reached. */
  readonly reachable: boolean;
  /** Another physical cluster answers under the same PveCluster from now on. */
  readonly replaceCluster: string;
  /** A merge patch of the spec of a policy. */
  readonly policy: Readonly<Record<string, object>>;
  /** A merge patch of the spec of a PveCluster. */
  readonly pveCluster: Readonly<Record<string, object>>;
  readonly annotate: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Approves the plan that the policy shows. */
  readonly approve: string;
  readonly createPolicy: Readonly<Record<string, PolicySpec>>;
  readonly deletePolicy: string;
  readonly deleteCluster: string;
  /** The status of the policy is gone. */
  readonly wipeStatus: string;
  /** The status of the policy gets as many cooldowns as it has room for. */
  readonly fillCooldowns: string;
  /** The API server answers every write of this kind with this status, until it accepts them again. */
  readonly refuse: { readonly kind: string; readonly status: number };
  readonly accept: string;
  /** `stop`, `kill` and `start` again. */
  readonly operator: 'stop' | 'kill' | 'start';
}

export interface Wait {
  readonly policy?: string;
  readonly cluster?: string;
  readonly within: string;
  /** `True Balanced` by type; `Absent`. */
  readonly conditions?: Readonly<Record<string, string>>;
  /** A regular expression over the message of Ready. */
  readonly message?: string;
  /** How many guests the plan leaves where they are for these reasons. */
  readonly blocked?: Readonly<Partial<Record<BlockReason, number>>>;
  /** Planned moves: `101 pve1 pve3`. */
  readonly plan?: readonly string[];
  /** Of some nodes. */
  readonly roles?: Readonly<Record<string, string>>;
  /** States of migrations by VMID. */
  readonly migrations?: Readonly<Record<string, string>>;
  /** VMIDs that rest. */
  readonly resting?: readonly number[];
  /** The value of `pve-cslb.io/requested-at` that was handled last. */
  readonly requested?: string;
}
