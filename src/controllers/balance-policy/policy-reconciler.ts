import type { ApiClient } from '../../kubernetes/api-client.ts';
import type { ReconcileContext, ReconcileResult } from '../../kubernetes/controller.ts';
import type { EventRecorder } from '../../kubernetes/event-recorder.ts';
import { parseKey } from '../../kubernetes/kubernetes-object.ts';
import type { Clock } from '../../lib/clock.ts';
import { isOperatorError, messageOf } from '../../lib/errors.ts';
import { withConditions } from '../conditions.ts';
import { outcomeOfError } from '../error-outcomes.ts';
import type { Leadership } from '../leadership.ts';
import { BALANCE_POLICIES, type StoredPolicy } from '../resources.ts';
import type { ClusterHolds } from './cluster-holds.ts';
import type { ClusterSource } from './find-cluster.ts';
import { createPolicyAnnouncer, type MigrationObserver } from './policy-announcer.ts';
import { failedConditions, unseenConditions } from './policy-conditions.ts';
import type { PolicyCycle } from './policy-cycle.ts';
import type { PolicyMemories } from './policy-memory.ts';
import { createPolicyRecord } from './policy-record.ts';
import { runCycle } from './run-cycle.ts';
import { dropRun } from './run-end.ts';
import { specDuration } from './spec-duration.ts';

export interface PolicyReconcilerOptions {
  readonly client: ApiClient;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly random: () => number;
  readonly clusters: ClusterSource;
  /** Every BalancePolicy in the cache. */
  readonly policies: () => readonly StoredPolicy[];
  readonly memories: PolicyMemories;
  readonly holds: ClusterHolds;
  readonly leadership: Leadership;
  readonly observer?: MigrationObserver;
  /** Outlasts a reconcile's own signal by the grace period of a stop. */
  readonly graceSignal: AbortSignal;
}

// Looked at again although nothing said that the cause is gone.
const STALLED_RECHECK_MS = 300_000;

/**
 * Brings one BalancePolicy a step further. The object is read from the API server and not from the cache: what a cached
 * copy does not show yet, a migration begun a moment ago, must not be overlooked.
 */
export async function reconcilePolicy(
  key: string,
  context: ReconcileContext,
  options: PolicyReconcilerOptions,
): Promise<ReconcileResult> {
  const { client, clock, random, memories, holds, leadership, graceSignal } = options;
  const { namespace, name } = parseKey(key);
  const policy = await client.get<StoredPolicy>(BALANCE_POLICIES, namespace, name, context.signal);
  if (!policy || hasNothingLeftToDo(policy)) {
    memories.forget(key);
    holds.release(key);
    return { kind: 'Done' };
  }
  const { signal, logger } = context;
  const record = createPolicyRecord({ client, policy, clock, random, logger, signal, graceSignal });
  const announce = createPolicyAnnouncer(policy, options.events, logger, options.observer);
  const memory = memories.of(key, policy.metadata.uid);
  if (policy.status?.conditions === undefined) await storeUnseen(record, clock);
  try {
    const timeoutMs = specDuration(policy.spec.migration.timeout, 'spec.migration.timeout');
    const common = { clock, logger, signal, graceSignal };
    const cycle = { key, record, memory, announce, leadership, timeoutMs, ...common };
    return await runCycle(cycle, options);
  } catch (error) {
    if (signal.aborted || isOperatorError(error, 'Conflict', 'ObjectGone')) throw error;
    if (isOperatorError(error, 'ApiServerUnavailable', 'ApiServerRefused')) throw error;
    // What keeps it from its job for long makes its plan an old one; a doubt about the lease passes, or ends the process.
    if (!isOperatorError(error, 'LeadershipUncertain')) {
      dropRun({ memory, announce }, messageOf(error));
      memory.imbalancedSince = undefined;
      holds.release(key);
    }
    return reportFailure({ key, record, memory, announce, clock, logger }, error);
  }
}

/** While somebody's finalizer keeps it, a policy that is being deleted still follows what it has under way. */
function hasNothingLeftToDo({ metadata, status }: StoredPolicy): boolean {
  return metadata.deletionTimestamp !== undefined && (status?.migrations ?? []).length === 0;
}

async function storeUnseen(record: PolicyCycle['record'], clock: Clock): Promise<void> {
  const { generation = 0 } = record.policy.metadata;
  await record.store((status) => ({
    ...status,
    conditions: withConditions(status.conditions, unseenConditions(), generation, clock.now()),
  }));
}

async function reportFailure(
  cycle: Pick<PolicyCycle, 'key' | 'record' | 'memory' | 'announce' | 'clock' | 'logger'>,
  error: unknown,
): Promise<ReconcileResult> {
  const failure = outcomeOfError(error);
  const { generation = 0 } = cycle.record.policy.metadata;
  await cycle.record.store(({ nextEvaluationTime: _, ...status }) => ({
    ...status,
    observedGeneration: generation,
    conditions: withConditions(status.conditions, failedConditions(failure), generation, cycle.clock.now()),
  }));
  const announced = `${failure.reason}: ${failure.message}`;
  if (cycle.memory.announcedFailure !== announced) {
    cycle.memory.announcedFailure = announced;
    cycle.announce.failed(failure);
    cycle.logger[failure.level](
      { reason: failure.reason, detail: failure.message },
      'Could not evaluate policy',
    );
    if (!isOperatorError(error)) cycle.logger.error({ err: error }, 'Met an unforeseen error');
  }
  if (failure.stalled) {
    const milliseconds = STALLED_RECHECK_MS;
    return { kind: 'RequeueAfter', milliseconds, why: failure.reason, failure: 'Stalled' };
  }
  return { kind: 'Retry' };
}
