// Generated from crds/ by `npm run generate`. Do not edit.
import type { ObjectMetadata } from '../metadata.ts';
import type { Condition } from './condition.ts';

/**
 * Pending: not known to run yet. Running: its task runs. Queued: Proxmox's HA manager has it. Overdue: it runs for longer than `migration.timeout`.
 */
export type MigrationState = 'Pending' | 'Running' | 'Queued' | 'Overdue';
/**
 * Succeeded: the guest is on the target. Failed: its task failed. Refused: Proxmox did not accept it. NotStarted: no task came of it. Superseded: somebody else migrated the guest. Unknown: it cannot be found out any more.
 */
export type MigrationOutcome = 'Succeeded' | 'Failed' | 'Refused' | 'NotStarted' | 'Superseded' | 'Unknown';

/**
 * A BalancePolicy says how one Proxmox VE cluster is kept balanced: how uneven the load of its nodes may be, and which guests may be migrated, how many, and how.
 */
export interface BalancePolicy {
  /**
   * The version of this schema, `pve-cslb.io/v1alpha1`.
   */
  readonly apiVersion: 'pve-cslb.io/v1alpha1';
  /**
   * The kind of this object, `BalancePolicy`.
   */
  readonly kind: 'BalancePolicy';
  readonly metadata: ObjectMetadata;
  readonly spec: BalancePolicySpec;
  readonly status?: BalancePolicyStatus;
}
/**
 * What is wanted.
 */
export interface BalancePolicySpec {
  /**
   * The PveCluster to balance, in the namespace of this object. It cannot be changed; for another cluster create another policy.
   */
  readonly clusterRef: {
    /**
     * The name of the PveCluster.
     */
    readonly name: string;
  };
  /**
   * Automatic: planned migrations are carried out. Approve: a plan is shown in `status.plan` and carried out once the annotation `pve-cslb.io/approve` names its id. DryRun: it is shown, and nothing is migrated.
   */
  readonly mode: 'Automatic' | 'Approve' | 'DryRun';
  /**
   * When true, no migration is started; those under way are still followed to their end, and plans are still made and shown.
   */
  readonly suspend: boolean;
  /**
   * How long after one evaluation of the cluster the next one begins, from 10s to 168h; varied by up to a tenth.
   */
  readonly interval: string;
  /**
   * How migrations are planned. Cslb: as pve-cslb does, from the heaviest nodes their lightest guest to the lightest nodes that have room. Optimize: CPU and memory together, with as little to migrate as possible; it also sees to `placement`.
   */
  readonly strategy: 'Cslb' | 'Optimize';
  /**
   * How uneven the load may be before guests are migrated, from 0% to 100%. With the strategy Cslb it is compared with the standard deviation of the nodes' weights as a share of their mean. With Optimize it is how far apart the used shares of the fullest and the emptiest node may be, for each resource.
   */
  readonly tolerance: string;
  /**
   * How much each resource counts, relative to the other. When given, both are given, and at least one is above 0. With the strategy Optimize a resource counts, or with 0 it does not.
   */
  readonly weights: {
    /**
     * The weight of the CPU load, from 0 to 1000.
     */
    readonly cpu: number;
    /**
     * The weight of the memory in use, from 0 to 1000.
     */
    readonly memory: number;
  };
  readonly exclusions: PolicyExclusions;
  /**
   * How many migrations one run may make at most, from 1 to 1000.
   */
  readonly maxMigrations: number;
  readonly migration: MigrationSettings;
  /**
   * With the mode Approve: how long a plan waits for its approval before a new one is made, from 1m to 168h.
   */
  readonly approvalTimeout: string;
  readonly stabilization: Stabilization;
  /**
   * Where guests are to be, beside the balance. No strategy breaks a required rule, fills the reserve or brings guests to a drained node; Optimize also restores broken rules and empties drained nodes, before it balances.
   */
  readonly placement: {
    /**
     * Which guests are to be together, apart, or on certain nodes. Each has another name.
     *
     * Items: A rule.
     */
    readonly rules: {
      /**
       * How messages call it, such as `db`.
       */
      readonly name: string;
      /**
       * Affinity: the guests are to be on one node. AntiAffinity: no two of them are to be on one node. Pin: they are to be on one of `nodes`.
       */
      readonly type: 'Affinity' | 'AntiAffinity' | 'Pin';
      /**
       * The guests that the rule is about: those that any of the lists names. Templates are left out.
       */
      readonly guests: {
        /**
         * VMIDs.
         *
         * Items: A VMID.
         */
        readonly vmids: readonly number[];
        /**
         * Guests with such a tag. Tags or patterns, such as `db-*`.
         *
         * Items: A tag, or a pattern of it.
         */
        readonly tags: readonly string[];
        /**
         * Guests in such a resource pool. Pools or patterns, such as `prod/*`.
         *
         * Items: A pool, or a pattern of it.
         */
        readonly pools: readonly string[];
      };
      /**
       * With the type Pin: the nodes that the guests may be on. Names or patterns, such as `pve-gpu*`.
       *
       * Items: A node's name, or a pattern of it.
       */
      readonly nodes: readonly string[];
      /**
       * Required: no migration of ours breaks the rule, and Optimize restores it before it balances. Preferred: Optimize sees to it where that costs nothing else.
       */
      readonly enforcement: 'Required' | 'Preferred';
    }[];
    /**
     * Nodes that all guests are to leave, stopped ones too, and that get no more. Names or patterns, such as `pve3`.
     *
     * Items: A node's name, or a pattern of it.
     */
    readonly drainNodes: readonly string[];
    /**
     * What of each node is not given to guests by migrations.
     */
    readonly reserve: {
      /**
       * A share of the memory of a target that stays free, from 0% to 90%.
       */
      readonly memory: string;
    };
  };
  /**
   * The times in which migrations may begin; always when there are none. Those not yet begun when a window closes are dropped, those under way go on.
   */
  readonly windows: readonly MigrationWindow[];
  /**
   * How many finished migrations `status.history` keeps, from 0 to 200.
   */
  readonly historyLimit: number;
}
/**
 * What is left alone. In nodes, tags and pools `*` stands for any characters and `?` for one. A guest with the tag `pve-cslb-ignore` is always left alone.
 */
export interface PolicyExclusions {
  /**
   * Nodes that take no part: no guest is migrated from them or to them, and their load does not count. Names or patterns, such as `pve-test*`.
   *
   * Items: A node's name, or a pattern of it.
   */
  readonly nodes: readonly string[];
  /**
   * The VMIDs of guests that are not migrated.
   *
   * Items: A VMID.
   */
  readonly vmids: readonly number[];
  /**
   * Types of guests that are not migrated, qemu (virtual machines) or lxc (containers).
   *
   * Items: A type of guest.
   */
  readonly types: readonly ('qemu' | 'lxc')[];
  /**
   * Guests with such a tag are not migrated. Tags or patterns, such as `pinned-*`.
   *
   * Items: A tag, or a pattern of it.
   */
  readonly tags: readonly string[];
  /**
   * Guests in such a resource pool are not migrated. Pools or patterns, such as `prod/*`; `*` also stands for `/`.
   *
   * Items: A pool, or a pattern of it.
   */
  readonly pools: readonly string[];
}
/**
 * How guests are migrated.
 */
export interface MigrationSettings {
  /**
   * How many migrations may run at a time. Those that other people started count, too.
   */
  readonly concurrency: {
    /**
     * In the whole cluster, from 1 to 64.
     */
    readonly total: number;
    /**
     * On each node, as source or target, from 1 to 64.
     */
    readonly perNode: number;
  };
  /**
   * Never: containers are not migrated. Restart: a running container is migrated by stopping it and starting it on the target; Proxmox cannot migrate it live.
   */
  readonly containers: 'Never' | 'Restart';
  /**
   * Whether guests with disks on storage of their node alone are migrated, too. Their disks are copied, which can take hours and needs room on the storage of the same name on the target. Guests that such a disk has snapshots of stay, unless they are replicated to the target.
   */
  readonly localDisks: boolean;
  /**
   * How much each migration may transfer per second, such as `100Mi`, from 1Mi to 9999Gi. No limit of ours when absent; those of Proxmox hold in any case, and alone for guests that its HA manages: HA takes no limit with a migration.
   */
  readonly bandwidthLimit?: string;
  /**
   * After which time a migration counts as overdue, from 1m to 168h. It is not ended; nothing new is started until it is over.
   */
  readonly timeout: string;
}
/**
 * What keeps guests from being migrated too readily.
 */
export interface Stabilization {
  /**
   * For how long every evaluation must find the imbalance above the tolerance before guests are migrated, from 0s to 168h.
   */
  readonly window: string;
  /**
   * For how long a guest that was migrated stays where it is, from 0s to 720h. One whose migration failed rests for longer, the more often it failed.
   */
  readonly guestCooldown: string;
  /**
   * By how many points a plan must lower the imbalance to be made, from 0% to 100%. With 0% any plan is made. What restores placement rules and drains nodes needs no gain.
   */
  readonly minimumGain: string;
}
/**
 * A time that comes again and again.
 */
export interface MigrationWindow {
  /**
   * When it opens, as a cron schedule of five fields (minute, hour, day of the month, month, day of the week), such as `0 22 * * 1-5`.
   */
  readonly schedule: string;
  /**
   * For how long it is open, from 1m to 168h.
   */
  readonly duration: string;
  /**
   * The time zone of the schedule, such as `Europe/Berlin`.
   */
  readonly timeZone: string;
}
/**
 * What the operator found and did.
 */
export interface BalancePolicyStatus {
  /**
   * The generation of the spec that this status describes; -1 until the operator has seen it.
   */
  readonly observedGeneration?: number;
  /**
   * The value of the annotation `pve-cslb.io/requested-at` that was last acted on, its first 256 characters.
   */
  readonly lastHandledReconcileAt?: string;
  /**
   * The id of the plan that was last approved with the annotation `pve-cslb.io/approve` and acted on.
   */
  readonly lastHandledApproval?: string;
  /**
   * When the cluster was last evaluated.
   */
  readonly lastEvaluationTime?: string;
  /**
   * When the cluster is evaluated next.
   */
  readonly nextEvaluationTime?: string;
  /**
   * Ready (the policy does its job), Reconciling and Stalled (as kstatus understands them), Balanced (the imbalance is within the tolerance) and DataComplete (every node could be read).
   */
  readonly conditions?: readonly Condition[];
  readonly imbalance?: ImbalanceStatus;
  /**
   * The nodes of the cluster at the last evaluation, by name; at most 128 of them.
   */
  readonly nodes?: readonly NodeEntry[];
  readonly plan?: PlanStatus;
  /**
   * How many migrations of this policy are under way.
   */
  readonly inFlight?: number;
  /**
   * The migrations of this policy that are under way.
   */
  readonly migrations?: readonly MigrationEntry[];
  /**
   * Finished migrations of this policy, the newest first; at most `spec.historyLimit` of them.
   */
  readonly history?: readonly HistoryEntry[];
  /**
   * Guests that are left alone for a while because they were migrated, or could not be. When there is no room for more, nothing is migrated.
   */
  readonly cooldowns?: readonly CooldownEntry[];
  /**
   * How many migrations this policy made since its status began.
   */
  readonly totals?: {
    /**
     * Those with the outcome Succeeded.
     */
    readonly succeeded: number;
    /**
     * Those with the outcome Failed or Refused.
     */
    readonly failed: number;
  };
}
/**
 * How uneven the load was at the last evaluation.
 */
export interface ImbalanceStatus {
  /**
   * What is compared with the tolerance, such as `23.4%`. With Cslb the deviation as a share of the mean, with Optimize the largest spread of a resource. Absent with fewer than two nodes.
   */
  readonly value?: string;
  /**
   * The tolerance it was compared with, such as `20.0%`.
   */
  readonly tolerance: string;
  /**
   * The mean of the nodes' weights; of Cslb.
   */
  readonly mean?: string;
  /**
   * The standard deviation of the nodes' weights; of Cslb.
   */
  readonly deviation?: string;
  /**
   * How many required rules are broken and guests are on drained nodes; of Optimize, which sees to them.
   */
  readonly unmet?: number;
  /**
   * How uneven each resource that counts is; of Optimize.
   *
   * Items: A resource.
   */
  readonly resources?: {
    /**
     * The name of the resource.
     */
    readonly name: 'cpu' | 'memory';
    /**
     * How far apart the used shares of the fullest and the emptiest node are, in points, such as `23.4%`.
     */
    readonly spread: string;
  }[];
}
/**
 * A node.
 */
export interface NodeEntry {
  /**
   * The name of the node.
   */
  readonly name: string;
  /**
   * Its load as the strategy weighs it, 200 being twice as heavy as 100. Absent when it is unknown or the node is overloaded.
   */
  readonly weight?: number;
  /**
   * The busy share of its CPUs, such as `63.2%`. Absent when it is unknown.
   */
  readonly cpu?: string;
  /**
   * The used share of its memory, such as `71.0%`. Absent when it is unknown.
   */
  readonly memory?: string;
  /**
   * How many guests run on it.
   */
  readonly guests: number;
  /**
   * The part it plays in the plan.
   */
  readonly role: 'Source' | 'Target' | 'Neutral' | 'Overloaded' | 'Excluded' | 'Maintenance' | 'Offline' | 'Unknown';
}
/**
 * The plan of the last evaluation. Absent when it migrates nothing and every guest may be migrated.
 */
export interface PlanStatus {
  /**
   * Names this plan.
   */
  readonly id: string;
  /**
   * When it was made.
   */
  readonly time: string;
  /**
   * The strategy that made it.
   */
  readonly strategy: 'Cslb' | 'Optimize';
  /**
   * The imbalance to expect after its migrations, such as `8.1%`.
   */
  readonly predictedImbalance?: string;
  /**
   * How many migrations it has.
   */
  readonly migrationCount: number;
  /**
   * Its migrations in the order in which they are made; the first 100 of them.
   */
  readonly migrations: readonly PlanEntry[];
  /**
   * Running guests that may not be migrated at present, and stopped ones that were to leave a drained node, counted by the first reason that holds; the most frequent reason first. Guests that no target may take are counted where the plan looked for one.
   */
  readonly blocked?: readonly BlockedEntry[];
}
/**
 * A planned migration.
 */
export interface PlanEntry {
  /**
   * The VMID of the guest.
   */
  readonly vmid: number;
  /**
   * The type of the guest.
   */
  readonly type: 'qemu' | 'lxc';
  /**
   * The name of the guest, its first 128 characters.
   */
  readonly name: string;
  /**
   * The node it is on.
   */
  readonly source: string;
  /**
   * The node it is to be on.
   */
  readonly target: string;
  /**
   * The memory that it takes along, such as `8Gi`.
   */
  readonly memory: string;
  /**
   * Why this guest, from there to here.
   */
  readonly reason: string;
}
/**
 * Guests that stay for one reason.
 */
export interface BlockedEntry {
  /**
   * Why, as one word of a documented list, such as `Locked`.
   */
  readonly reason: string;
  /**
   * How many guests.
   */
  readonly count: number;
  /**
   * Those of them with the lowest VMIDs.
   *
   * Items: A guest.
   */
  readonly examples?: {
    /**
     * The VMID of the guest.
     */
    readonly vmid: number;
    /**
     * The name of the guest, its first 64 characters.
     */
    readonly name: string;
  }[];
}
/**
 * A migration under way.
 */
export interface MigrationEntry {
  /**
   * Names this migration.
   */
  readonly id: string;
  /**
   * The VMID of the guest.
   */
  readonly vmid: number;
  /**
   * The type of the guest.
   */
  readonly type: 'qemu' | 'lxc';
  /**
   * The name of the guest, its first 64 characters.
   */
  readonly name: string;
  /**
   * The node it comes from.
   */
  readonly source: string;
  /**
   * The node it goes to.
   */
  readonly target: string;
  /**
   * The memory that it takes along, such as `8Gi`.
   */
  readonly memory?: string;
  readonly state: MigrationState;
  /**
   * The physical cluster it was begun on, as the PveCluster's `status.identity`.
   */
  readonly identity: string;
  /**
   * When it was decided, in the time of the Proxmox cluster.
   */
  readonly intentTime: string;
  /**
   * The newest migration task of the guest before this one; a task of this migration is newer. Absent when there was none.
   */
  readonly afterUpid?: string;
  /**
   * The Proxmox task that carries it out. Absent until it is known.
   */
  readonly upid?: string;
  /**
   * When the task started, in the time of the Proxmox cluster.
   */
  readonly startTime?: string;
  /**
   * How much of the guest has been transferred, such as `63%`.
   */
  readonly progress?: string;
}
/**
 * A finished migration.
 */
export interface HistoryEntry {
  /**
   * Names this migration.
   */
  readonly id: string;
  /**
   * The VMID of the guest.
   */
  readonly vmid: number;
  /**
   * The type of the guest.
   */
  readonly type: 'qemu' | 'lxc';
  /**
   * The name of the guest, its first 64 characters.
   */
  readonly name: string;
  /**
   * The node it came from.
   */
  readonly source: string;
  /**
   * The node it was to go to.
   */
  readonly target: string;
  /**
   * The memory that it took along, such as `8Gi`.
   */
  readonly memory?: string;
  readonly outcome: MigrationOutcome;
  /**
   * What Proxmox said about it, its first 160 characters.
   */
  readonly message?: string;
  /**
   * The Proxmox task that carried it out.
   */
  readonly upid?: string;
  /**
   * When the task started, in the time of the Proxmox cluster.
   */
  readonly startTime?: string;
  /**
   * When it was over, in the time of the Proxmox cluster.
   */
  readonly endTime: string;
}
/**
 * A guest that is left alone.
 */
export interface CooldownEntry {
  /**
   * The VMID of the guest.
   */
  readonly vmid: number;
  /**
   * The type of the guest.
   */
  readonly type: 'qemu' | 'lxc';
  /**
   * Until when.
   */
  readonly until: string;
  /**
   * How many of its migrations failed, one after the other.
   */
  readonly failures: number;
}
