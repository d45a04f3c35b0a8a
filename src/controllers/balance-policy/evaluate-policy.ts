import type { PlanStatus } from '../../api/generated/balance-policy.ts';
import type { PlannedMigration } from '../../balancing/plan.ts';
import { OperatorError } from '../../lib/errors.ts';
import { findCondition, formatTime, formatTimeAfter, withConditions } from '../conditions.ts';
import type { Inventory, RunningMigration } from '../proxmox-cluster.ts';
import type { StoredPolicy } from '../resources.ts';
import type { Activity } from './activity.ts';
import { adoptedEntry } from './adopt.ts';
import { notQuorate } from './carry-on-run.ts';
import { liveCooldowns, withinRest } from './cooldowns.ts';
import { decideActivity } from './decide-activity.ts';
import { dataProblem } from './evaluate.ts';
import type { ReadyCluster } from './find-cluster.ts';
import { withAdopted } from './migration-record.ts';
import { peersOf } from './peers.ts';
import { evaluatedConditions, summarize } from './policy-conditions.ts';
import type { PolicyCycle } from './policy-cycle.ts';
import { planFigures } from './policy-figures.ts';
import type { PolicyReconcilerOptions } from './policy-reconciler.ts';
import { type Proposal, propose } from './propose.ts';
import { nextEvaluation, requestOfPerson } from './schedule.ts';
import { specDuration } from './spec-duration.ts';
import { unaccounted, withEntriesIncoming } from './under-way.ts';

/**
 * Reads the cluster, plans, and writes what was found; begins a run (in memory) when the policy may act on the plan. When
 * running tasks of ours turn up whose record was lost they are adopted, and nothing is planned until they have ended.
 */
export async function evaluatePolicy(
  cycle: PolicyCycle,
  cluster: ReadyCluster,
  options: PolicyReconcilerOptions,
): Promise<Inventory> {
  const { record, memory, signal, clock } = cycle;
  const { proxmox, identity } = cluster;
  const { imbalancedSince } = memory;
  // One that fails has not found anything.
  memory.imbalancedSince = undefined;
  const inventory = await proxmox.readInventory(signal);
  if (!inventory.quorate) throw notQuorate();
  const peers = peersOf(cycle, cluster, options);
  const now = clock.now();
  const otherHolder = () => {
    const holder = options.holds.take(identity, cycle.key, peers.policies, now);
    return holder === cycle.key ? undefined : holder;
  };
  const strangers = unaccounted(peers.otherEntries, inventory.runningMigrations, proxmox.user, memory.ended);
  if (mayAdopt(record.policy) && otherHolder() === undefined) {
    if (await adopt(cycle, identity, strangers, inventory)) return inventory;
  }

  const considered = withEntriesIncoming(inventory, peers.otherEntries);
  const proposal = await propose(
    record.policy,
    peers.others,
    considered,
    proxmox,
    clock,
    signal,
    memory.examinations,
  );
  // Later than now only where the clock was set back.
  const since = Math.min(now, recordedImbalance(record.policy) ?? now, imbalancedSince ?? now);
  if (proposal.found.balanced === false) memory.imbalancedSince = since;
  const activity = decideActivity({
    policy: record.policy,
    imbalancedSince: since,
    proposal,
    inventory,
    now,
    otherHolder,
    strangers: strangers.map(({ vmid, upid }) => `guest ${vmid} (${upid})`),
    user: proxmox.user,
  });
  const acts = activity.kind === 'Acting' && proposal.migrations.length > 0;
  const reasonBefore = findCondition(record.status.conditions, 'Balanced')?.reason;
  const stalledBefore = findCondition(record.status.conditions, 'Stalled')?.message;
  const planBefore = record.status.plan;
  await storeEvaluation(cycle, inventory, proposal, activity, acts, options.random);
  memory.ended.clear();
  memory.knownApproval = proposal.approved ? proposal.id : undefined;
  announce(cycle, proposal, planBefore, reasonBefore);
  const stalled = findCondition(record.status.conditions, 'Stalled');
  if (stalled && stalled.message !== stalledBefore) cycle.announce.ruleConflict(stalled.message);
  if (acts) {
    const { generation = 0 } = record.policy.metadata;
    memory.run = { planId: proposal.id, identity, generation, remaining: proposal.migrations, ended: [] };
  } else {
    options.holds.release(cycle.key);
  }
  return inventory;
}

/** Survives a restart, but not an evaluation that did not know every node: then `Balanced` is Unknown. */
function recordedImbalance({ status }: StoredPolicy): number | undefined {
  const balanced = findCondition(status?.conditions, 'Balanced');
  return balanced?.status === 'False' ? Date.parse(balanced.lastTransitionTime) : undefined;
}

async function storeEvaluation(
  cycle: PolicyCycle,
  inventory: Inventory,
  proposal: Proposal,
  activity: Activity,
  acts: boolean,
  random: () => number,
): Promise<void> {
  const { record, clock } = cycle;
  const { spec, metadata } = record.policy;
  const { generation = 0 } = metadata;
  const now = clock.now();
  const time = formatTime(now);
  const next = nextEvaluation(record.policy, now, random);
  const cooldownMs = specDuration(spec.stabilization.guestCooldown, 'spec.stabilization.guestCooldown');
  const conditions = evaluatedConditions(proposal.found, activity, dataProblem(inventory));
  await record.store(({ plan: _, imbalance: __, ...status }) => ({
    ...status,
    observedGeneration: generation,
    ...handledRequest(cycle),
    // In the write that begins the plan: an approval is good for one run, whatever becomes of it.
    ...(acts && proposal.approved ? { lastHandledApproval: proposal.id } : {}),
    lastEvaluationTime: time,
    nextEvaluationTime: formatTimeAfter(
      activity.kind === 'OutsideWindow' ? Math.min(next, activity.opens) : next,
    ),
    ...planFigures(proposal.found, proposal.id, time),
    ...(proposal.plan ? { plan: proposal.plan } : {}),
    inFlight: status.migrations?.length ?? 0,
    // The limit may be lower than when they were stored.
    ...(status.history && { history: status.history.slice(0, spec.historyLimit) }),
    ...(status.cooldowns && { cooldowns: liveCooldowns(withinRest(status, cooldownMs, now), now) }),
    totals: status.totals ?? { succeeded: 0, failed: 0 },
    conditions: withConditions(status.conditions, conditions, generation, now),
  }));
}

function handledRequest({ record }: PolicyCycle): { readonly lastHandledReconcileAt?: string } {
  const request = requestOfPerson(record.policy);
  return request === undefined ? {} : { lastHandledReconcileAt: request };
}

/** Within this time a task's log says where it goes, or it never will. */
const LOG_DELAY_MS = 10_000;

/** Only a policy without any record takes strangers for its own: its status was wiped, or it was created anew. */
function mayAdopt({ spec, status }: StoredPolicy): boolean {
  return status?.lastEvaluationTime === undefined && spec.mode !== 'DryRun' && !spec.suspend;
}

async function adopt(
  { record, announce }: PolicyCycle,
  identity: string,
  strangers: readonly RunningMigration[],
  inventory: Inventory,
): Promise<boolean> {
  const entries = strangers.flatMap((task) => adoptedEntry(task, inventory, identity) ?? []);
  // A task that has only just begun has not logged yet where it goes; whoever has evaluated once does not adopt any more.
  const unclear = strangers.find(
    ({ target, startTime }) => target === undefined && inventory.proxmoxTime - startTime < LOG_DELAY_MS,
  );
  if (unclear && entries.length === 0) {
    throw new OperatorError(
      'DataIncomplete',
      `A migration of guest ${unclear.vmid} runs as our Proxmox user, and its task does not say yet where it goes (${unclear.upid})`,
    );
  }
  for (const entry of entries) {
    await record.storeSurely((status) => withAdopted(status, entry));
    announce.adopted(entry);
  }
  return entries.length > 0;
}

function announce(
  cycle: PolicyCycle,
  { found, id, migrations }: Proposal,
  planBefore: PlanStatus | undefined,
  reasonBefore: string | undefined,
): void {
  // One that is not carried out is found again at every evaluation.
  if (migrations.length > 0 && !isSamePlan(migrations, planBefore)) cycle.announce.planned(found, id);
  if (found.balanced && reasonBefore !== 'Balanced') cycle.announce.balanced(summarize(found));
  if (
    found.exhausted !== undefined &&
    reasonBefore !== 'StrategyExhausted' &&
    reasonBefore !== 'CoolingDown'
  ) {
    cycle.announce.exhausted(summarize(found));
  }
}

function isSamePlan(migrations: readonly PlannedMigration[], before: PlanStatus | undefined): boolean {
  if (before?.migrationCount !== migrations.length) return false;
  return before.migrations.every(({ vmid, source, target }, index) => {
    const now = migrations[index];
    return now?.vmid === vmid && now.source === source && now.target === target;
  });
}
