import type { Inventory } from '../proxmox-cluster.ts';
import type { StoredPolicy } from '../resources.ts';
import type { Activity } from './activity.ts';
import { strayApproval } from './approval.ts';
import { liveCooldowns, MOST_COOLDOWNS } from './cooldowns.ts';
import { failingPause } from './failing-pause.ts';
import type { Proposal } from './propose.ts';
import { specDuration } from './spec-duration.ts';
import { windowState } from './windows.ts';

export interface Situation {
  readonly policy: StoredPolicy;
  readonly proposal: Proposal;
  readonly inventory: Inventory;
  /** Since when every evaluation has found the cluster out of tolerance, operator's clock; now where this is the first. */
  readonly imbalancedSince: number;
  /** Operator's clock. */
  readonly now: number;
  /** Takes the physical cluster, or gives the key of the policy that has it. Asked last: who cannot move takes nothing. */
  readonly otherHolder: () => string | undefined;
  /** Running migrations of our user that nobody accounts for, as people know them. */
  readonly strangers: readonly string[];
  readonly user: string;
}

/** What the policy does about its plan: the first reason to do nothing, or `Acting`. */
export function decideActivity(situation: Situation): Activity {
  const keptBack = keptBackByItself(situation);
  if (keptBack) return keptBack;
  const by = situation.otherHolder();
  if (by !== undefined) return { kind: 'ClusterHeld', by };
  const { strangers: tasks, user, proposal } = situation;
  if (tasks.length > 0) return { kind: 'ForeignMigrations', user, tasks };
  if (proposal.coolingUntil !== undefined) return { kind: 'CoolingDown', until: proposal.coolingUntil };
  return { kind: 'Acting' };
}

function keptBackByItself(situation: Situation): Activity | undefined {
  const { policy, proposal, inventory, now } = situation;
  const { spec, status = {} } = policy;
  if (spec.suspend) return { kind: 'Suspended' };
  if (spec.mode === 'DryRun') return { kind: 'DryRun' };
  const pause = failingPause(status, inventory.proxmoxTime);
  if (pause) return { kind: 'MigrationsFailing', ...pause };
  if (liveCooldowns(status, now).length >= MOST_COOLDOWNS) return { kind: 'CooldownsFull' };
  const window = windowState(spec.windows, now);
  if (window.kind === 'Closed') return { kind: 'OutsideWindow', opens: window.opens };
  if (proposal.migrations.length === 0) return undefined;
  return stabilizing(situation) ?? awaitingApproval(policy, proposal);
}

function stabilizing({ policy, imbalancedSince, now }: Situation): Activity | undefined {
  const { window } = policy.spec.stabilization;
  const until = imbalancedSince + specDuration(window, 'spec.stabilization.window');
  return until > now ? { kind: 'Stabilizing', until } : undefined;
}

function awaitingApproval(policy: StoredPolicy, proposal: Proposal): Activity | undefined {
  if (policy.spec.mode !== 'Approve' || proposal.approved) return undefined;
  const stray = strayApproval(policy, { id: proposal.id });
  return {
    kind: 'AwaitingApproval',
    planId: proposal.id,
    expires: proposal.expires,
    ...(stray === undefined ? {} : { stray }),
  };
}
