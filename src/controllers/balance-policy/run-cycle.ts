import type { BalancePolicyStatus, MigrationEntry } from '../../api/generated/balance-policy.ts';
import type { ReconcileResult } from '../../kubernetes/controller.ts';
import { findCondition, withConditions } from '../conditions.ts';
import { carryOnRun, OTHERS_POLL_MS } from './carry-on-run.ts';
import { evaluatePolicy } from './evaluate-policy.ts';
import { findCluster, type ReadyCluster } from './find-cluster.ts';
import { peersOf } from './peers.ts';
import { migratingConditions, nothingBegunConditions, settlingConditions } from './policy-conditions.ts';
import type { PolicyCycle } from './policy-cycle.ts';
import type { PolicyReconcilerOptions } from './policy-reconciler.ts';
import { endRunIfStopped } from './run-end.ts';
import { untilEvaluation } from './schedule.ts';
import { settleInFlight } from './settle-in-flight.ts';
import { untilSettled } from './settling.ts';
import { watchContainers } from './watch-containers.ts';

/** How often tasks under way are looked at (docs/proxmox-api.md §7.7). */
const POLL_MS = 2_000;
/** The directory tells of every probe, but not of a cache that has caught up with one. */
const UNPROBED_MS = 10_000;
/** How often it is looked whether the statistics have caught up; their round is 10 s. */
const SETTLE_POLL_MS = 5_000;

/**
 * One step: settle what is under way, go on with a run, else evaluate when it is time. Everything that keeps the policy
 * from its job is thrown.
 */
export async function runCycle(
  cycle: PolicyCycle,
  options: PolicyReconcilerOptions,
): Promise<ReconcileResult> {
  const cluster = findCluster(cycle.record.policy, options.clusters);
  if (!cluster) return { kind: 'RequeueAfter', milliseconds: UNPROBED_MS, why: 'PveCluster not probed yet' };
  await settleInFlight(cycle, cluster.proxmox);
  const untilWatch = await watchContainers(cycle, cluster.proxmox);
  const result = await goOn(cycle, cluster, options);
  if (result.kind !== 'RequeueAfter' || untilWatch === undefined) return result;
  return { ...result, milliseconds: Math.min(result.milliseconds, untilWatch) };
}

async function goOn(
  cycle: PolicyCycle,
  cluster: ReadyCluster,
  options: PolicyReconcilerOptions,
): Promise<ReconcileResult> {
  const { record, memory } = cycle;
  endRunIfStopped(cycle, cluster.identity);
  if (memory.run) await carryOnRun(cycle, cluster, peersOf(cycle, cluster, options));
  if (isBusy(cycle)) return await stayBusy(cycle);
  memory.run = undefined;
  options.holds.release(cycle.key);
  if (record.policy.metadata.deletionTimestamp !== undefined) return { kind: 'Done' };

  const wait = untilEvaluation(record.policy, memory, cycle.clock.now());
  await showSettling(cycle);
  if (wait > 0) return { kind: 'RequeueAfter', milliseconds: wait, why: 'interval' };
  const peers = peersOf(cycle, cluster, options);
  const unsettled = await untilSettled(cycle, peers, options.memories, cluster.proxmox);
  if (unsettled > 0) {
    return { kind: 'RequeueAfter', milliseconds: Math.min(unsettled, SETTLE_POLL_MS), why: 'settling' };
  }
  return await evaluateAndStart(cycle, cluster, options);
}

async function evaluateAndStart(
  cycle: PolicyCycle,
  cluster: ReadyCluster,
  options: PolicyReconcilerOptions,
): Promise<ReconcileResult> {
  const { record, memory } = cycle;
  const inventory = await evaluatePolicy(cycle, cluster, options);
  const acts = memory.run !== undefined;
  if (acts) await carryOnRun(cycle, cluster, peersOf(cycle, cluster, options), inventory);
  memory.announcedFailure = undefined;
  if (isBusy(cycle)) return await stayBusy(cycle);
  if (acts) await showNothingBegun(cycle);
  return {
    kind: 'RequeueAfter',
    milliseconds: Math.max(1_000, untilEvaluation(record.policy, memory, cycle.clock.now())),
    why: 'interval',
  };
}

function isBusy({ record, memory }: PolicyCycle): boolean {
  return (record.status.migrations?.length ?? 0) > 0 || (memory.run?.remaining.length ?? 0) > 0;
}

async function stayBusy(cycle: PolicyCycle): Promise<ReconcileResult> {
  const { record, memory, clock } = cycle;
  const { generation = 0 } = record.policy.metadata;
  await record.store((status) => {
    const work = {
      underWay: status.migrations?.length ?? 0,
      toCome: memory.run?.remaining.length ?? 0,
      overdue: (status.migrations ?? []).filter(({ state }) => state === 'Overdue').map(nameOf),
      specChanged: status.observedGeneration !== generation,
      holdUp: memory.run?.holdUp,
      conflict: ruleConflictOf(status),
    };
    const conditions = migratingConditions(work);
    return { ...status, conditions: withConditions(status.conditions, conditions, generation, clock.now()) };
  });
  const milliseconds = (record.status.migrations?.length ?? 0) > 0 ? POLL_MS : OTHERS_POLL_MS;
  return { kind: 'RequeueAfter', milliseconds, why: 'migrating' };
}

/** Replaces what the evaluation wrote when none of its migrations was possible in the end. */
async function showNothingBegun({ record, clock }: PolicyCycle): Promise<void> {
  const { generation = 0 } = record.policy.metadata;
  await record.store((status) => ({
    ...status,
    conditions: withConditions(
      status.conditions,
      nothingBegunConditions(ruleConflictOf(status)),
      generation,
      clock.now(),
    ),
  }));
}

/** Replaces what `stayBusy` wrote once the last migration has ended. */
async function showSettling({ record, clock }: PolicyCycle): Promise<void> {
  const { generation = 0 } = record.policy.metadata;
  const { conditions } = record.status;
  const isMigrating = findCondition(conditions, 'Ready')?.reason === 'Migrating';
  // Beside what Ready says of overdue migrations or of rules.
  if (!isMigrating && findCondition(conditions, 'Balanced')?.reason !== 'Migrating') return;
  await record.store((status) => ({
    ...status,
    conditions: withConditions(
      status.conditions,
      settlingConditions(ruleConflictOf(status)),
      generation,
      clock.now(),
    ),
  }));
}

/** What the last evaluation found wrong with the rules, which holds until the next one. */
function ruleConflictOf({ conditions }: BalancePolicyStatus): string | undefined {
  const stalled = findCondition(conditions, 'Stalled');
  return stalled?.reason === 'RuleConflict' ? stalled.message : undefined;
}

function nameOf({ type, vmid, name, upid }: MigrationEntry): string {
  return `${type}/${vmid} '${name}' (${upid ?? 'task not found yet'})`;
}
