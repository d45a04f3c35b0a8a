import type { Reason } from '../../api/reasons.ts';
import { formatTime, shorten } from '../conditions.ts';
import { APPROVE } from './approval.ts';

/** What a policy does about its plan, or what keeps it from doing anything. */
export type Activity =
  | { readonly kind: 'Suspended' }
  | { readonly kind: 'DryRun' }
  /** Its migrations fail. Proxmox time. */
  | { readonly kind: 'MigrationsFailing'; readonly failures: number; readonly until: number }
  | { readonly kind: 'CooldownsFull' }
  | { readonly kind: 'OutsideWindow'; readonly opens: number }
  | { readonly kind: 'Stabilizing'; readonly until: number }
  | {
      readonly kind: 'AwaitingApproval';
      readonly planId: string;
      readonly expires: number;
      readonly stray?: string;
    }
  /** `by` is the policy that may act instead. */
  | { readonly kind: 'ClusterHeld'; readonly by: string }
  | { readonly kind: 'ForeignMigrations'; readonly user: string; readonly tasks: readonly string[] }
  /** What could be migrated rests. */
  | { readonly kind: 'CoolingDown'; readonly until: number }
  | { readonly kind: 'Acting' };

export interface ActivityReport {
  readonly reason: Reason;
  /** Whether the policy does its job all the same. */
  readonly ready: boolean;
  /** A sentence; undefined where what was found says it all. */
  readonly sentence: string | undefined;
}

const TASKS_NAMED = 3;
// Whatever a person wrote there.
const LONGEST_PLAN_ID = 64;

export function reportActivity(activity: Exclude<Activity, { kind: 'Acting' }>): ActivityReport {
  const { kind: reason } = activity;
  switch (activity.kind) {
    case 'Suspended':
      return { reason, ready: true, sentence: 'Suspended, nothing is migrated.' };
    case 'DryRun':
      return { reason, ready: true, sentence: 'Dry run, nothing is migrated.' };
    case 'MigrationsFailing': {
      const sentence = `The last ${activity.failures} migrations failed, see status.history; the next is tried after ${formatTime(activity.until)}.`;
      return { reason, ready: false, sentence };
    }
    case 'CooldownsFull': {
      const sentence =
        'status.cooldowns is full, so nothing is migrated: shorten spec.stabilization.guestCooldown, or wait.';
      return { reason, ready: false, sentence };
    }
    case 'OutsideWindow':
      return {
        reason,
        ready: true,
        sentence: `Outside its windows, the next opens at ${formatTime(activity.opens)}.`,
      };
    case 'Stabilizing': {
      const sentence = `Migrates once the imbalance has lasted until ${formatTime(activity.until)}.`;
      return { reason, ready: true, sentence };
    }
    case 'AwaitingApproval':
      return { reason, ready: true, sentence: describeApproval(activity) };
    case 'ClusterHeld': {
      const sentence = `BalancePolicy '${activity.by}' has the cluster; one policy at a time may migrate.`;
      return { reason, ready: true, sentence };
    }
    case 'ForeignMigrations': {
      const more = activity.tasks.length - TASKS_NAMED;
      const named = activity.tasks.slice(0, TASKS_NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '');
      const sentence = `Migrations that no policy here has on record run as ${activity.user}: ${named}. Nothing is migrated until they have ended. Where another operator has begun them, give each a token of its own.`;
      return { reason, ready: false, sentence };
    }
    case 'CoolingDown': {
      const sentence = `What could be migrated was migrated lately and rests, the first until ${formatTime(activity.until)}.`;
      return { reason, ready: true, sentence };
    }
  }
}

function describeApproval({
  planId,
  expires,
  stray,
}: Extract<Activity, { kind: 'AwaitingApproval' }>): string {
  const wrong =
    stray === undefined ? '' : ` The approval of '${shorten(stray, LONGEST_PLAN_ID)}' is for another plan.`;
  return `Plan ${planId} waits for approval until ${formatTime(expires)}: kubectl annotate --overwrite bpol NAME ${APPROVE}=${planId}.${wrong}`;
}
