import type { BalancePolicyStatus, MigrationWindow } from '../../api/generated/balance-policy.ts';
import type { Reason } from '../../api/reasons.ts';
import { objectKey } from '../../kubernetes/kubernetes-object.ts';
import { findCondition } from '../conditions.ts';
import type { StoredPolicy } from '../resources.ts';
import { type Claim, holderOf } from './holder.ts';
import { entriesOn } from './peers.ts';
import { windowState } from './windows.ts';

/**
 * Which policy acts on which physical cluster. The objects decide (`holder.ts`); what is remembered here only bridges the
 * moment until the cache shows what a policy has just begun.
 */
export interface ClusterHolds {
  /** Takes the cluster for this policy and gives its own key, or gives the key of the policy that has it. */
  take(identity: string, key: string, policies: readonly StoredPolicy[], now: number): string;
  /** Of all clusters. */
  release(key: string): void;
}

export function createClusterHolds(): ClusterHolds {
  const holders = new Map<string, string>();
  return {
    take(identity, key, policies, now) {
      const held = holders.get(identity);
      const claims = policies.map((policy) => claimOf(policy, { identity, asker: key, held, now }));
      const holder = holderOf(claims)?.key ?? key;
      if (holder === key) holders.set(identity, key);
      return holder;
    },
    release(key) {
      for (const [identity, holder] of holders) if (holder === key) holders.delete(identity);
    },
  };
}

interface Question {
  readonly identity: string;
  readonly asker: string;
  readonly held: string | undefined;
  readonly now: number;
}

function claimOf(policy: StoredPolicy, { identity, asker, held, now }: Question): Claim {
  const { metadata } = policy;
  const key = objectKey(policy);
  return {
    key,
    uid: metadata.uid,
    creationTimestamp: metadata.creationTimestamp ?? '',
    inFlight: Math.max(entriesOn(identity, policy).length, held === key ? 1 : 0),
    // Whoever asks has just come past what would keep it back.
    couldMove: key === asker || couldMove(policy, now),
  };
}

/** What keeps a policy from migrating now, as its last evaluation found. */
const KEPT_BACK: readonly Reason[] = [
  'AwaitingApproval',
  'Stabilizing',
  'MigrationsFailing',
  'CooldownsFull',
];

/** One that waits for a person, or for its time, must not keep the others waiting. */
function couldMove({ metadata, spec, status }: StoredPolicy, now: number): boolean {
  if (spec.mode === 'DryRun' || spec.suspend || metadata.deletionTimestamp !== undefined) return false;
  if (isKeptBack(status)) return false;
  return isOpen(spec.windows, now);
}

function isKeptBack(status: BalancePolicyStatus | undefined): boolean {
  const stalled = findCondition(status?.conditions, 'Stalled');
  // It does everything else, and `Ready` does not say what else there is: then the imbalance would be left as it is.
  if (stalled?.reason === 'RuleConflict') {
    return findCondition(status?.conditions, 'Balanced')?.reason === 'Imbalanced';
  }
  if (stalled?.status === 'True') return true;
  const ready = findCondition(status?.conditions, 'Ready');
  return KEPT_BACK.some((reason) => reason === ready?.reason);
}

function isOpen(windows: readonly MigrationWindow[], now: number): boolean {
  try {
    return windowState(windows, now).kind === 'Open';
  } catch {
    // A schedule that is none; that policy's own condition says so.
    return false;
  }
}
