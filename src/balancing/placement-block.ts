import type { GuestBlock, TargetBlock } from './block.ts';
import type { BoundRule } from './bound-rule.ts';
import type { Guest } from './cluster.ts';
import type { ClusterIndex } from './cluster-index.ts';

/**
 * Which required rule of the policy a guest would break by leaving its node. Guests migrate one by one, so that a satisfied
 * affinity cannot go elsewhere without being broken for a while: its guests stay.
 */
export function keptTogether(guest: Guest, index: ClusterIndex): GuestBlock | undefined {
  const rule = index
    .requiredRulesOf(guest.vmid)
    .find(
      ({ type, vmids }) =>
        type === 'Affinity' && vmids.length > 1 && vmids.every((vmid) => index.isOrGoesTo(vmid, guest.node)),
    );
  return rule && { kind: 'KeptTogether', rule: rule.name };
}

/** Which required rule of the policy would be broken, or get worse, by the guest's move to the target. */
export function placementTargetBlock(
  guest: Guest,
  target: string,
  index: ClusterIndex,
): TargetBlock | undefined {
  for (const rule of index.requiredRulesOf(guest.vmid)) {
    const block = ruleBlock(rule, guest, target, index);
    if (block) return block;
  }
  return undefined;
}

function ruleBlock(
  rule: BoundRule,
  guest: Guest,
  target: string,
  index: ClusterIndex,
): TargetBlock | undefined {
  switch (rule.type) {
    case 'Pin':
      return rule.nodes.includes(target) ? undefined : { kind: 'PinnedElsewhere', rule: rule.name };
    case 'AntiAffinity': {
      const partner = rule.vmids.find((vmid) => vmid !== guest.vmid && index.isOrGoesTo(vmid, target));
      return partner === undefined ? undefined : { kind: 'KeptApart', rule: rule.name, partner };
    }
    case 'Affinity':
      return bringsTogether(rule, guest, target, index)
        ? undefined
        : { kind: 'FurtherApart', rule: rule.name };
  }
}

/** Whether at least as many guests of the rule are on one node afterwards as on the fullest before. */
function bringsTogether(rule: BoundRule, guest: Guest, target: string, index: ClusterIndex): boolean {
  const others = rule.vmids.filter((vmid) => vmid !== guest.vmid);
  const on = (node: string) => others.filter((vmid) => index.isOrGoesTo(vmid, node)).length;
  const elsewhere = index.nodeNames.reduce((most, node) => Math.max(most, on(node)), 0);
  const before = Math.max(elsewhere, on(guest.node) + 1);
  const after = Math.max(elsewhere, on(target) + 1);
  return after >= before;
}
