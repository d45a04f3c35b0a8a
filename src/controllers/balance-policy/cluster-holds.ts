import { objectKey } from '../../kubernetes/kubernetes-object.ts';
import { findCondition } from '../conditions.ts';
import type { StoredPolicy } from '../resources.ts';
import { type Claim, holderOf } from './holder.ts';
import { entriesOn } from './peers.ts';

/**
 * Which policy acts on which physical cluster. The objects decide (`holder.ts`); what is remembered here only bridges the
 * moment until the cache shows what a policy has just begun.
 */
export interface ClusterHolds {
  /** Takes the cluster for this policy and gives its own key, or gives the key of the policy that has it. */
  take(identity: string, key: string, policies: readonly StoredPolicy[]): string;
  /** Of all clusters. */
  release(key: string): void;
}

export function createClusterHolds(): ClusterHolds {
  const holders = new Map<string, string>();
  return {
    take(identity, key, policies) {
      const held = holders.get(identity);
      const claims = policies.map((policy) => claimOf(policy, { identity, asker: key, held }));
      const holder = holderOf(claims)?.key ?? key;
      if (holder === key) holders.set(identity, key);
      return holder;
    },
    release(key) {
      for (const [identity, holder] of holders) if (holder === key) holders.delete(identity);
    },
  };
}

function claimOf(
  policy: StoredPolicy,
  {
    identity,
    asker,
    held,
  }: { readonly identity: string; readonly asker: string; readonly held: string | undefined },
): Claim {
  const { metadata, spec, status } = policy;
  const key = objectKey(policy);
  const inFlight = entriesOn(identity, policy).length;
  const going = metadata.deletionTimestamp !== undefined;
  // One that waits for a person must not keep the others waiting. Whoever asks has just come past what stalled it.
  const stalled = key !== asker && findCondition(status?.conditions, 'Stalled')?.status === 'True';
  return {
    key,
    uid: metadata.uid,
    creationTimestamp: metadata.creationTimestamp ?? '',
    inFlight: Math.max(inFlight, held === key ? 1 : 0),
    couldMove: spec.mode === 'Automatic' && !spec.suspend && !going && !stalled,
  };
}
