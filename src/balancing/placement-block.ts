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

/**
 * Which required rule of the policy would be broken, or get worse, by the guest's move to the target.
 *
 * @param moved All that move by the same migration, itself among them.
 */
export function placementTargetBlock(
  guest: Guest,
  target: string,
  index: ClusterIndex,
  moved: readonly Guest[] = [guest],
): TargetBlock | undefined {
  for (const rule of index.requiredRulesOf(guest.vmid)) {
    const block = ruleBlock(rule, guest, target, index, moved);
    if (block) return block;
  }
  return undefined;
}

function ruleBlock(
  rule: BoundRule,
  guest: Guest,
  target: string,
  index: ClusterIndex,
  moved: readonly Guest[],
): TargetBlock | undefined {
  switch (rule.type) {
    case 'Pin':
      return rule.nodes.includes(target) ? undefined : { kind: 'PinnedElsewhere', rule: rule.name };
    case 'AntiAffinity': {
      const partner = rule.vmids.find((vmid) => vmid !== guest.vmid && index.isOrGoesTo(vmid, target));
      return partner === undefined ? undefined : { kind: 'KeptApart', rule: rule.name, partner };
    }
    case 'Affinity':
      return bringsTogether(rule, guest.node, target, index, moved)
        ? undefined
        : { kind: 'FurtherApart', rule: rule.name };
  }
}

/** Whether at least as many guests of the rule are on one node afterwards as on the fullest before. */
function bringsTogether(
  { vmids }: BoundRule,
  source: string,
  target: string,
  index: ClusterIndex,
  moved: readonly Guest[],
): boolean {
  const others = vmids.filter((vmid) => moved.every((guest) => guest.vmid !== vmid));
  const count = vmids.length - others.length;
  const on = (node: string) => others.filter((vmid) => index.isOrGoesTo(vmid, node)).length;
  const elsewhere = index.nodeNames.reduce((most, node) => Math.max(most, on(node)), 0);
  const before = Math.max(elsewhere, on(source) + count);
  const after = Math.max(elsewhere, on(target) + count);
  return after >= before;
}
