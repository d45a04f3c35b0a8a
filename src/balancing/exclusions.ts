import { matchesAnyGlob } from '../lib/glob.ts';
import type { Exclusion } from './block.ts';
import type { Guest } from './cluster.ts';
import type { Placement } from './placement.ts';
import type { Exclusions } from './plan.ts';

/** A guest with this tag is excluded, whatever the policy says. */
export const IGNORE_TAG = 'pve-cslb-ignore';

export function isExcludedNode(name: string, exclusions: Exclusions): boolean {
  return matchesAnyGlob(exclusions.nodes, name);
}

/** Whether all guests are to leave the node. */
export function isDrained(name: string, { drainNodes }: Placement): boolean {
  return matchesAnyGlob(drainNodes, name);
}

/** What of the policy, or of the guest itself, excludes it; undefined when nothing does. */
export function exclusionOf(guest: Guest, exclusions: Exclusions): Exclusion | undefined {
  if (guest.tags.includes(IGNORE_TAG)) return { kind: 'IgnoreTag' };
  if (exclusions.vmids.includes(guest.vmid)) return { kind: 'Vmid' };
  if (exclusions.types.includes(guest.type)) return { kind: 'Type' };
  const tag = guest.tags.find((each) => matchesAnyGlob(exclusions.tags, each));
  if (tag !== undefined) return { kind: 'Tag', tag };
  if (guest.pool !== undefined && matchesAnyGlob(exclusions.pools, guest.pool)) {
    return { kind: 'Pool', pool: guest.pool };
  }
  return undefined;
}
