import { someOf } from '../lib/listing.ts';
import type { BoundRule } from './bound-rule.ts';
import type { Cluster, Guest } from './cluster.ts';
import type { ClusterIndex } from './cluster-index.ts';
import { isDrained, isExcludedNode } from './exclusions.ts';
import { haNodeBlock } from './ha-placement.ts';
import type { BalanceSettings, PlacementProblem } from './plan.ts';

/** What of a policy's placement cannot be had as it is written; by subject. */
export function findPlacementProblems(
  cluster: Cluster,
  index: ClusterIndex,
  settings: BalanceSettings,
): readonly PlacementProblem[] {
  const { rules, drainNodes } = settings.placement;
  if (rules.length === 0 && drainNodes.length === 0) return [];
  const groups = groupsTogether(index);
  const guests = new Map(cluster.guests.map((guest) => [guest.vmid, guest]));
  const usable = usableNodes(cluster, settings);
  const ofRules = index.placementRules.flatMap((rule) => {
    const found =
      emptyRule(rule) ?? missingNodes(rule) ?? contradictions(rule, { groups, guests, usable, index });
    return found ? [{ subject: `rule '${rule.name}'`, ...found }] : [];
  });
  return [...drainProblem(cluster, settings), ...ofRules];
}

type Finding = Omit<PlacementProblem, 'subject'>;

function drainProblem(
  cluster: Cluster,
  { exclusions, placement }: BalanceSettings,
): readonly PlacementProblem[] {
  const { drainNodes } = placement;
  if (drainNodes.length === 0) return [];
  const nodes = cluster.nodes.filter(({ name }) => !isExcludedNode(name, exclusions));
  const drained = nodes.filter(({ name }) => isDrained(name, placement));
  if (drained.length === 0) {
    const reason = `names no node of the cluster at present (${someOf(drainNodes)})`;
    // A node that was drained may be taken out of the cluster.
    return [{ subject: 'drainNodes', kind: 'NoGuests', reason }];
  }
  if (drained.length < nodes.length) return [];
  return [
    {
      subject: 'drainNodes',
      kind: 'Conflict',
      reason: 'names every node, so that none is left for the guests',
    },
  ];
}

function emptyRule({ vmids }: BoundRule): Finding | undefined {
  return vmids.length === 0
    ? { kind: 'NoGuests', reason: 'names no guest of the cluster at present' }
    : undefined;
}

function missingNodes({ type, nodes }: BoundRule): Finding | undefined {
  if (type !== 'Pin' || nodes.length > 0) return undefined;
  return { kind: 'Conflict', reason: 'pins to nodes that the cluster does not have' };
}

interface Context {
  readonly groups: GuestGroups;
  readonly guests: ReadonlyMap<number, Guest>;
  /** Nodes that guests can be on, drained ones left out. */
  readonly usable: readonly string[];
  readonly index: ClusterIndex;
}

/** Preferred rules contradict nothing: they give way. */
function contradictions(rule: BoundRule, context: Context): Finding | undefined {
  if (rule.enforcement === 'Preferred') return undefined;
  switch (rule.type) {
    case 'AntiAffinity':
      return togetherAndApart(rule, context) ?? tooFewNodes(rule, context);
    case 'Affinity':
      return apartInHa(rule, context) ?? noCommonNode(rule, context);
    case 'Pin':
      return noAllowedNode(rule, context);
  }
}

function togetherAndApart({ vmids }: BoundRule, { groups }: Context): Finding | undefined {
  const seen = new Map<string, number>();
  for (const vmid of vmids) {
    const group = groups.of(vmid);
    if (group === undefined) continue;
    const other = seen.get(group.name);
    if (other !== undefined) {
      return {
        kind: 'Conflict',
        reason: `keeps guests ${other} and ${vmid} apart, which ${group.name} wants together`,
      };
    }
    seen.set(group.name, vmid);
  }
  return undefined;
}

function tooFewNodes({ vmids }: BoundRule, { usable }: Context): Finding | undefined {
  if (vmids.length <= usable.length) return undefined;
  return {
    kind: 'Conflict',
    reason: `keeps ${vmids.length} guests apart, and there are ${usable.length} nodes for them`,
  };
}

function apartInHa({ vmids }: BoundRule, { index }: Context): Finding | undefined {
  const members = new Set(vmids);
  const rule = index.ha.rules.find(
    (each) =>
      each.kind === 'ResourceAffinity' &&
      each.affinity === 'Negative' &&
      each.vmids.filter((vmid) => members.has(vmid)).length > 1,
  );
  return (
    rule && { kind: 'Conflict', reason: `wants guests together that HA rule '${rule.name}' keeps apart` }
  );
}

function noCommonNode({ vmids }: BoundRule, context: Context): Finding | undefined {
  const common = context.usable.filter((node) => vmids.every((vmid) => mayBeOn(vmid, node, context)));
  if (common.length > 0) return undefined;
  return { kind: 'Conflict', reason: 'wants guests together that other rules allow on no common node' };
}

function noAllowedNode({ vmids, nodes }: BoundRule, context: Context): Finding | undefined {
  const stuck = vmids.filter((vmid) => !context.usable.some((node) => mayBeOn(vmid, node, context)));
  if (stuck.length === 0) return undefined;
  return {
    kind: 'Conflict',
    reason: `pins guest ${someOf(stuck.map(String))} to ${someOf(nodes)}, where drainNodes, exclusions, HA or other rules do not allow it`,
  };
}

function mayBeOn(vmid: number, node: string, { guests, index }: Context): boolean {
  const pinned = index
    .requiredRulesOf(vmid)
    .every(({ type, nodes }) => type !== 'Pin' || nodes.includes(node));
  const guest = guests.get(vmid);
  return pinned && (guest === undefined || haNodeBlock(guest, node, index) === undefined);
}

function usableNodes(cluster: Cluster, { exclusions, placement }: BalanceSettings): readonly string[] {
  return cluster.nodes
    .map(({ name }) => name)
    .filter((name) => !isExcludedNode(name, exclusions) && !isDrained(name, placement));
}

interface GuestGroups {
  /** The rule that keeps the guest with others; undefined when none does. */
  of(vmid: number): { readonly name: string } | undefined;
}

/** Guests that must be together, by rules of the policy and of HA that overlap. */
function groupsTogether(index: ClusterIndex): GuestGroups {
  const rules = [
    ...index.placementRules
      .filter(({ type, enforcement }) => type === 'Affinity' && enforcement === 'Required')
      .map(({ name, vmids }) => ({ name: `rule '${name}'`, vmids })),
    ...index.ha.rules.flatMap((rule) =>
      rule.kind === 'ResourceAffinity' && rule.affinity === 'Positive'
        ? [{ name: `HA rule '${rule.name}'`, vmids: rule.vmids }]
        : [],
    ),
  ];
  const groupOf = new Map<number, { readonly name: string; readonly vmids: Set<number> }>();
  for (const { name, vmids } of rules) {
    const joined = vmids.flatMap((vmid) => groupOf.get(vmid) ?? []);
    const group = { name: joined[0]?.name ?? name, vmids: new Set(vmids) };
    for (const { vmids: others } of joined) for (const vmid of others) group.vmids.add(vmid);
    for (const vmid of group.vmids) groupOf.set(vmid, group);
  }
  return { of: (vmid) => groupOf.get(vmid) };
}
