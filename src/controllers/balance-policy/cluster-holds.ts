import type { StoredPolicy } from '../resources.ts';
import { type Claim, holderOf } from './holder.ts';

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
      const claims = policies.map((policy) => claimOf(policy, held));
      const holder = holderOf(claims)?.key ?? key;
      if (holder === key) holders.set(identity, key);
      return holder;
    },
    release(key) {
      for (const [identity, holder] of holders) if (holder === key) holders.delete(identity);
    },
  };
}

function claimOf(policy: StoredPolicy, held: string | undefined): Claim {
  const { metadata, spec, status } = policy;
  const key = `${metadata.namespace}/${metadata.name}`;
  const going = metadata.deletionTimestamp !== undefined;
  return {
    key,
    uid: metadata.uid,
    creationTimestamp: metadata.creationTimestamp ?? '',
    inFlight: Math.max(status?.migrations?.length ?? 0, held === key ? 1 : 0),
    couldMove: spec.mode === 'Automatic' && !spec.suspend && !going,
  };
}
