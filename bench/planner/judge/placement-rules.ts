import type { Cluster, Guest } from '../../../src/balancing/cluster.ts';
import type { PlacementRule } from '../../../src/balancing/placement.ts';
import type { BalanceSettings } from '../../../src/balancing/plan.ts';
import { matchesAnyGlob } from '../../../src/lib/glob.ts';

/** A required rule of the policy or a strict one of HA, in one form. */
export interface JudgedRule {
  readonly name: string;
  /** `Apart`: no two on one node; `Together`: all on one; `On`: each on one of `nodes`. */
  readonly kind: 'Apart' | 'Together' | 'On';
  readonly vmids: readonly number[];
  readonly nodes: readonly string[];
}

/** Where a guest is, and where it is on its way to. */
export type Places = (vmid: number) => readonly string[];

export function requiredRules(cluster: Cluster, settings: BalanceSettings): readonly JudgedRule[] {
  const required = settings.placement.rules.filter(({ enforcement }) => enforcement === 'Required');
  return [...required.map((rule) => policyRule(rule, cluster)), ...haRules(cluster)];
}

/**
 * By how much a rule is violated; 0 when it is satisfied. Apart: pairs on one node. Together: guests that are not where most
 * are. On: guests elsewhere.
 */
export function violationsOf({ kind, vmids, nodes }: JudgedRule, places: Places): number {
  if (kind === 'On') {
    return vmids.filter((vmid) => places(vmid).some((node) => !nodes.includes(node))).length;
  }
  const counts = new Map<string, number>();
  for (const vmid of vmids) {
    for (const node of new Set(places(vmid))) counts.set(node, (counts.get(node) ?? 0) + 1);
  }
  const found = [...counts.values()];
  if (kind === 'Apart') return found.reduce((sum, count) => sum + (count * (count - 1)) / 2, 0);
  return vmids.length === 0 ? 0 : vmids.length - Math.max(0, ...found);
}

function policyRule(rule: PlacementRule, { guests, unreadable, nodes }: Cluster): JudgedRule {
  const readable = guests.filter((guest) => !guest.template && isMeant(rule, guest)).map(({ vmid }) => vmid);
  const unread = unreadable.map(({ vmid }) => vmid).filter((vmid) => rule.guests.vmids.includes(vmid));
  const kinds = { Affinity: 'Together', AntiAffinity: 'Apart', Pin: 'On' } as const;
  return {
    name: rule.name,
    kind: kinds[rule.type],
    vmids: [...new Set([...readable, ...unread])],
    nodes: nodes.map(({ name }) => name).filter((name) => matchesAnyGlob(rule.nodes, name)),
  };
}

function isMeant(
  { guests: { vmids, tags, pools } }: PlacementRule,
  { vmid, tags: own, pool }: Guest,
): boolean {
  return (
    vmids.includes(vmid) ||
    own.some((tag) => matchesAnyGlob(tags, tag)) ||
    (pool !== undefined && matchesAnyGlob(pools, pool))
  );
}

function haRules({ ha, guests, nodes }: Cluster): readonly JudgedRule[] {
  const managed = new Set(guests.filter((guest) => guest.ha !== undefined).map(({ vmid }) => vmid));
  return ha.rules.flatMap((rule): JudgedRule[] => {
    const { name } = rule;
    const vmids = rule.vmids.filter((vmid) => managed.has(vmid));
    if (rule.kind === 'ResourceAffinity') {
      return [{ name, kind: rule.affinity === 'Positive' ? 'Together' : 'Apart', vmids, nodes: [] }];
    }
    if (!rule.strict) return [];
    const listed = new Set(rule.nodes.map((node) => node.name));
    const allowed = nodes
      .map((node) => node.name)
      .filter((node) => listed.has(node) === (rule.affinity === 'Positive'));
    return [{ name, kind: 'On', vmids, nodes: allowed }];
  });
}
