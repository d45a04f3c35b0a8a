import type { BalancePolicyStatus } from '../../api/generated/balance-policy.ts';
import type { ApiClient } from '../../kubernetes/api-client.ts';
import { persistStatusChange, statusEquals, writeStatus } from '../../kubernetes/status-writer.ts';
import type { Clock } from '../../lib/clock.ts';
import { OperatorError } from '../../lib/errors.ts';
import type { Logger } from '../../lib/logger.ts';
import { BALANCE_POLICIES, FIELD_MANAGER, type StoredPolicy } from '../resources.ts';

export type StatusChangeOf<T> = (status: T) => T;

/** One policy for the length of one reconcile: the object as last read or stored, and the two ways to change its status. */
export interface PolicyRecord {
  readonly policy: StoredPolicy;
  readonly status: BalancePolicyStatus;
  /** One write on the condition that nobody changed the object; none when the change changes nothing. Throws Conflict. */
  store(change: StatusChangeOf<BalancePolicyStatus>): Promise<void>;
  /** For what must not be lost (a UPID, an outcome): reads and writes again until it is stored. Throws ObjectGone. */
  storeSurely(change: StatusChangeOf<BalancePolicyStatus>): Promise<void>;
}

export function createPolicyRecord(options: {
  readonly client: ApiClient;
  readonly policy: StoredPolicy;
  readonly clock: Clock;
  /** From 0 to below 1. */
  readonly random: () => number;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Outlasts `signal` by the grace period of a stop. */
  readonly graceSignal: AbortSignal;
}): PolicyRecord {
  const { client, clock, random, logger, signal, graceSignal } = options;
  let policy = options.policy;

  return {
    get policy() {
      return policy;
    },
    get status() {
      return policy.status ?? {};
    },
    async store(change) {
      const status = change(policy.status ?? {});
      if (statusEquals(status, policy.status)) return;
      policy = await writeStatus({
        client,
        kind: BALANCE_POLICIES,
        object: policy,
        status,
        fieldManager: FIELD_MANAGER,
        signal,
      });
    },
    async storeSurely(change) {
      const stored = await persistStatusChange({
        client,
        kind: BALANCE_POLICIES,
        object: policy,
        change: (current: StoredPolicy) => {
          const status = change(current.status ?? {});
          return statusEquals(status, current.status) ? undefined : status;
        },
        fieldManager: FIELD_MANAGER,
        clock,
        random,
        logger,
        signal: graceSignal,
      });
      if (!stored) {
        const { namespace, name } = policy.metadata;
        throw new OperatorError('ObjectGone', `BalancePolicy '${namespace}/${name}' was deleted`);
      }
      policy = stored;
    },
  };
}
