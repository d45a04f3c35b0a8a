import type { Plan } from '../../balancing/plan.ts';
import { findCondition, formatTime, withConditions } from '../conditions.ts';
import type { Inventory, RunningMigration } from '../proxmox-cluster.ts';
import { adoptedEntry } from './adopt.ts';
import { notQuorate } from './carry-on-run.ts';
import { dataProblem, evaluate } from './evaluate.ts';
import type { ReadyCluster } from './find-cluster.ts';
import { withAdopted } from './migration-record.ts';
import { type Peers, peersOf } from './peers.ts';
import { planId } from './plan-id.ts';
import { type Activity, evaluatedConditions, summarize } from './policy-conditions.ts';
import type { PolicyCycle } from './policy-cycle.ts';
import { planFigures } from './policy-figures.ts';
import type { PolicyReconcilerOptions } from './policy-reconciler.ts';
import { nextEvaluation, requestOfPerson } from './schedule.ts';
import { balanceSettings } from './settings.ts';
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
  const { proxmox } = cluster;
  const inventory = await proxmox.readInventory(signal);
  if (!inventory.quorate) throw notQuorate();
  const peers = peersOf(cycle, cluster, options);
  const activity = activityOf(cycle, cluster, peers, inventory, options);
  if (await adopt(cycle, cluster, activity)) return inventory;

  const settings = balanceSettings(record.policy.spec);
  const plan = await evaluate(withEntriesIncoming(inventory, peers.otherEntries), settings, (guest) =>
    proxmox.examineGuest(guest, signal),
  );
  const { uid, generation = 0 } = record.policy.metadata;
  const now = clock.now();
  const time = formatTime(now);
  const id = planId(uid, generation, time, plan.migrations);
  const before = findCondition(record.status.conditions, 'Balanced')?.reason;
  const conditions = evaluatedConditions(plan, activity.activity, dataProblem(inventory));
  await record.store(({ plan: _, imbalance: __, ...status }) => ({
    ...status,
    observedGeneration: generation,
    ...handledRequest(cycle),
    lastEvaluationTime: time,
    nextEvaluationTime: formatTime(nextEvaluation(record.policy, now, options.random)),
    ...planFigures(plan, id, time),
    inFlight: status.migrations?.length ?? 0,
    // The limit may be lower than when they were stored.
    ...(status.history && { history: status.history.slice(0, record.policy.spec.historyLimit) }),
    totals: status.totals ?? { succeeded: 0, failed: 0 },
    conditions: withConditions(status.conditions, conditions, generation, now),
  }));
  memory.ended.clear();
  announce(cycle, plan, id, before);
  if (activity.activity.kind === 'Acting' && plan.migrations.length > 0) {
    memory.run = { planId: id, generation, remaining: plan.migrations };
  } else {
    options.holds.release(cycle.key);
  }
  return inventory;
}

function handledRequest({ record }: PolicyCycle): { readonly lastHandledReconcileAt?: string } {
  const request = requestOfPerson(record.policy);
  return request === undefined ? {} : { lastHandledReconcileAt: request };
}

interface ActivityAndStrangers {
  readonly activity: Activity;
  /** Running tasks of our user that no entry of ours accounts for, with what they would look like as entries. */
  readonly strangers: readonly RunningMigration[];
  readonly inventory: Inventory;
}

function activityOf(
  cycle: PolicyCycle,
  { identity, proxmox }: ReadyCluster,
  peers: Peers,
  inventory: Inventory,
  { holds }: PolicyReconcilerOptions,
): ActivityAndStrangers {
  const { spec } = cycle.record.policy;
  const nobody = { strangers: [], inventory };
  if (spec.suspend) return { ...nobody, activity: { kind: 'Suspended' } };
  if (spec.mode === 'DryRun') return { ...nobody, activity: { kind: 'DryRun' } };
  const holder = holds.take(identity, cycle.key, peers.policies);
  if (holder !== cycle.key) return { ...nobody, activity: { kind: 'ClusterHeld', by: holder } };
  const { ended } = cycle.memory;
  const strangers = unaccounted(peers.otherEntries, inventory.runningMigrations, proxmox.user, ended);
  if (strangers.length === 0) return { ...nobody, activity: { kind: 'Acting' } };
  const named = strangers.slice(0, 3).map(({ vmid, upid }) => `guest ${vmid} (${upid})`);
  const more = strangers.length > named.length ? ` and ${strangers.length - named.length} more` : '';
  const message = `Somebody else migrates guests as ${proxmox.user}: ${named.join(', ')}${more}. Nothing is migrated until they have ended; give each operator a token of its own.`;
  return { activity: { kind: 'ForeignMigrations', message }, strangers, inventory };
}

/** Only a policy without any record takes strangers for its own: its status was wiped, or it was created anew. */
async function adopt(
  { record, announce }: PolicyCycle,
  { identity }: ReadyCluster,
  { strangers, inventory }: ActivityAndStrangers,
): Promise<boolean> {
  if (record.status.lastEvaluationTime !== undefined) return false;
  const entries = strangers.flatMap((task) => adoptedEntry(task, inventory, identity) ?? []);
  for (const entry of entries) {
    await record.storeSurely((status) => withAdopted(status, entry));
    announce.adopted(entry);
  }
  return entries.length > 0;
}

function announce(cycle: PolicyCycle, plan: Plan, id: string, reasonBefore: string | undefined): void {
  if (plan.migrations.length > 0) cycle.announce.planned(plan, id);
  if (plan.balanced && reasonBefore !== 'Balanced') cycle.announce.balanced(summarize(plan));
  if (plan.exhausted !== undefined && reasonBefore !== 'StrategyExhausted') {
    cycle.announce.exhausted(summarize(plan));
  }
}
