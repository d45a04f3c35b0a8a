import type { TargetBlock } from './block.ts';
import type { Guest } from './cluster.ts';
import type { ClusterIndex } from './cluster-index.ts';
import type { NodeAffinity } from './high-availability.ts';

/**
 * Which HA rule forbids the target, or would have HA move the guest back from it (docs/proxmox-api.md §10.2, §10.3).
 * Rules bind the guests that HA manages, no others.
 */
export function haTargetBlock(guest: Guest, target: string, index: ClusterIndex): TargetBlock | undefined {
  if (!guest.ha) return undefined;
  for (const rule of index.rulesOf(guest.vmid)) {
    if (rule.kind === 'NodeAffinity') {
      if (!suits(rule, target, guest.ha.failback, index)) return { kind: 'HaNodeAffinity', rule: rule.name };
    } else if (rule.affinity === 'Negative') {
      const there = rule.vmids.filter((vmid) => vmid !== guest.vmid && index.isOrGoesTo(vmid, target));
      if (there.length > 0) {
        return { kind: 'HaResourceAffinity', rule: rule.name, partner: Math.min(...there) };
      }
    }
  }
  return undefined;
}

/** The same of the rules that name nodes alone: wherever the other guests are. */
export function haNodeBlock(guest: Guest, target: string, index: ClusterIndex): TargetBlock | undefined {
  const { ha } = guest;
  if (!ha) return undefined;
  const rule = index
    .rulesOf(guest.vmid)
    .find((each) => each.kind === 'NodeAffinity' && !suits(each, target, ha.failback, index));
  return rule && { kind: 'HaNodeAffinity', rule: rule.name };
}

function suits(rule: NodeAffinity, target: string, failback: boolean, index: ClusterIndex): boolean {
  const listed = new Map(rule.nodes.map(({ name, priority }) => [name, priority]));
  if (rule.affinity === 'Negative') return !listed.has(target) || !(rule.strict || failback);
  const priority = listed.get(target);
  if (priority === undefined && rule.strict) return false;
  if (!failback) return true;
  // With failback HA moves it to the best class of nodes that has one online; nodes not listed are the worst.
  const best = rule.nodes
    .filter(({ name }) => mayBeOnline(name, index))
    .reduce((most, { priority }) => Math.max(most, priority), Number.NEGATIVE_INFINITY);
  return (priority ?? Number.NEGATIVE_INFINITY) >= best;
}

/** A node whose figures are not known may still be online, and HA's choice. */
function mayBeOnline(name: string, index: ClusterIndex): boolean {
  const availability = index.node(name)?.availability;
  return availability === 'Online' || availability === 'Unknown';
}
