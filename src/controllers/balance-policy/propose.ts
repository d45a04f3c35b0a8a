import type { CooldownEntry, PlanStatus } from '../../api/generated/balance-policy.ts';
import type { Cluster } from '../../balancing/cluster.ts';
import type { GuestExamination } from '../../balancing/guest-examination.ts';
import type { BalanceSettings, Plan, PlannedMigration } from '../../balancing/plan.ts';
import { makePlan } from '../../balancing/planner.ts';
import { whyNoLongerPossible } from '../../balancing/recheck.ts';
import type { Clock } from '../../lib/clock.ts';
import { formatTime } from '../conditions.ts';
import type { ProxmoxCluster } from '../proxmox-cluster.ts';
import type { StoredPolicy } from '../resources.ts';
import { frozenPlan, isApproved, movesOf } from './approval.ts';
import { MOST_PLANNED_COMPANIONS, movedGuests, withinCompanions } from './companions.ts';
import { cooldownEnd } from './cooldowns.ts';
import { evaluate } from './evaluate.ts';
import { planId } from './plan-id.ts';
import { planningLimit } from './planning-limit.ts';
import { planFigures } from './policy-figures.ts';
import { balanceSettings } from './settings.ts';
import { specDuration } from './spec-duration.ts';

/** What an evaluation found, and the one plan that may run after it. */
export interface Proposal {
  /** How the cluster is now, and what would be done about it. */
  readonly found: Plan;
  readonly id: string;
  /** Those of `found`, or of the plan that waits for approval. */
  readonly migrations: readonly PlannedMigration[];
  /** As it is stored; undefined when there is nothing to do. */
  readonly plan: PlanStatus | undefined;
  readonly approved: boolean;
  /** When it has waited too long for approval, milliseconds since the epoch. */
  readonly expires: number;
  /** When the first guest may move again that would be moved if it did not rest; undefined when resting changes nothing. */
  readonly coolingUntil: number | undefined;
}

/** Guests that one evaluation takes a closer look at. */
const MOST_LOOKS = 100;

// In the mode Approve the stored plan is what runs, and it has room for no more.
const MOST_APPROVED_MIGRATIONS = 100;

/** Whose guests rest: one entry for each policy that let it rest. */
interface Resting {
  readonly cooldowns: readonly CooldownEntry[];
}

export async function propose(
  policy: StoredPolicy,
  /** The other policies on the same physical cluster: what they have migrated rests as well. */
  peers: readonly StoredPolicy[],
  cluster: Cluster,
  proxmox: Pick<ProxmoxCluster, 'examineGuest'>,
  clock: Clock,
  signal: AbortSignal,
  held: Map<number, GuestExamination> = new Map(),
): Promise<Proposal> {
  const now = clock.now();
  const settings = settingsOf(policy);
  const resting = { cooldowns: [policy, ...peers].flatMap(({ status }) => status?.cooldowns ?? []) };
  const rested = withResting(cluster, resting, now);
  const evaluated = await evaluate(rested, settings, (guest) => proxmox.examineGuest(guest, signal), clock, {
    most: MOST_LOOKS,
    held,
  });
  const found = policy.spec.mode === 'Approve' ? asItIsStored(evaluated) : evaluated;
  const coolingUntil = whenCooled(found, cluster, resting, settings, clock);
  const frozen = found.balanced === true ? undefined : frozenPlan(policy, now);
  const isUndecided = found.undecided !== undefined;
  if (frozen && (isUndecided || isStillPossible(frozen.plan, rested, settings))) {
    return {
      found,
      id: frozen.plan.id,
      // Nothing moves in a cluster of which too little is known, but it may be known again the next time.
      migrations: isUndecided ? [] : movesOf(frozen.plan),
      plan: frozen.plan,
      approved: isApproved(policy, frozen.plan),
      expires: frozen.expires,
      coolingUntil,
    };
  }
  const { uid, generation = 0 } = policy.metadata;
  const time = formatTime(now);
  const id = planId(uid, generation, time, found.migrations);
  return {
    found,
    id,
    migrations: found.migrations,
    plan: planFigures(found, id, time).plan,
    approved: false,
    expires: now + specDuration(policy.spec.approvalTimeout, 'spec.approvalTimeout'),
    coolingUntil,
  };
}

function isStillPossible(plan: PlanStatus, cluster: Cluster, settings: BalanceSettings): boolean {
  return movesOf(plan).some((move) => !whyNoLongerPossible(move, cluster, settings));
}

function settingsOf(policy: StoredPolicy): BalanceSettings {
  const settings = balanceSettings(policy.spec);
  if (policy.spec.mode !== 'Approve') return settings;
  return { ...settings, maxMigrations: Math.min(settings.maxMigrations, MOST_APPROVED_MIGRATIONS) };
}

/** What would be left out of the stored plan is left to the next one: nobody could approve it. */
function asItIsStored(plan: Plan): Plan {
  return { ...plan, migrations: withinCompanions(plan.migrations, MOST_PLANNED_COMPANIONS) };
}

/** The cluster with the guests that rest marked as not to be moved. */
function withResting(cluster: Cluster, status: Resting, now: number): Cluster {
  if (status.cooldowns.length === 0) return cluster;
  const ends = new Map(status.cooldowns.map((entry) => [entry.vmid, cooldownEnd(status, entry, now)]));
  return {
    ...cluster,
    guests: cluster.guests.map((guest) => {
      const end = ends.get(guest.vmid);
      return end === undefined ? guest : { ...guest, restsUntil: formatTime(end) };
    }),
  };
}

function whenCooled(
  found: Plan,
  cluster: Cluster,
  status: Resting,
  settings: BalanceSettings,
  clock: Clock,
): number | undefined {
  if (found.exhausted === undefined) return undefined;
  const now = clock.now();
  const ends = makePlan(cluster, settings, planningLimit(clock)).migrations.flatMap((migration) => {
    const rests = movedGuests(migration).flatMap((guest) => cooldownEnd(status, guest, now) ?? []);
    return rests.length === 0 ? [] : Math.max(...rests);
  });
  return ends.length === 0 ? undefined : Math.min(...ends);
}
