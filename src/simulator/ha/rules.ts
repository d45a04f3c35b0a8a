import type { HaRule } from '../scenario/specifications.ts';
import type { Cluster } from '../world/cluster.ts';
import { type Guest, serviceId } from '../world/guest.ts';
import { isHaManaged } from './service.ts';

/** Which nodes HA may and would rather run a guest on. */
export interface NodePreference {
  /** By node; of those available, HA uses the ones with the highest. */
  readonly priorities: ReadonlyMap<string, number>;
  /** Whether nodes without a priority are out of the question. */
  readonly strict: boolean;
  /** Whether HA moves the guest back to better nodes. */
  readonly failback: boolean;
}

const LEAST = -1;

/** Undefined: any node is as good as the other. */
export function nodePreference(cluster: Cluster, guest: Guest): NodePreference | undefined {
  const { ha } = cluster;
  const resource = guest.service?.resource;
  if (ha.placement === 'groups') {
    const group = ha.groups.find((each) => each.name === resource?.group);
    return group && { priorities: group.nodes, strict: group.restricted, failback: !group.nofailback };
  }
  const rule = effectiveRules(cluster).find(
    (each) => each.type === 'node-affinity' && each.resources.includes(serviceId(guest)),
  );
  if (rule?.type !== 'node-affinity') return undefined;
  const { nodes, strict } = rule;
  const others = [...cluster.nodes.keys()].filter((node) => !nodes.has(node));
  const priorities = rule.affinity === 'positive' ? nodes : new Map(others.map((node) => [node, 0]));
  return { priorities, strict, failback: resource?.failback ?? true };
}

/** Of `candidates` the nodes that the preference allows, with the best ones. */
export function applyPreference(
  preference: NodePreference | undefined,
  candidates: readonly string[],
): { readonly allowed: readonly string[]; readonly best: readonly string[] } {
  if (!preference) return { allowed: candidates, best: candidates };
  const priority = (node: string) => preference.priorities.get(node) ?? LEAST;
  const allowed = candidates.filter((node) => !preference.strict || priority(node) > LEAST);
  const highest = Math.max(...allowed.map(priority));
  return { allowed, best: allowed.filter((node) => priority(node) === highest) };
}

/** Guests that rules keep on one node with this one, or off its node. */
export function partners(cluster: Cluster, guest: Guest, affinity: 'positive' | 'negative'): Guest[] {
  if (cluster.ha.placement === 'groups') return [];
  const sid = serviceId(guest);
  const sids = new Set(
    effectiveRules(cluster)
      .filter((rule) => rule.type === 'resource-affinity' && rule.affinity === affinity)
      .flatMap((rule) => (rule.resources.includes(sid) ? rule.resources : [])),
  );
  return [...sids].flatMap((each) => {
    const partner = each === sid ? undefined : guestOf(cluster, each);
    return partner && isHaManaged(cluster, partner) ? [partner] : [];
  });
}

/** A rule that is switched off or has a mistake does nothing. */
function effectiveRules(cluster: Cluster): readonly HaRule[] {
  return cluster.ha.rules.filter((rule) => !rule.disabled && ruleErrors(rule) === undefined);
}

/** What is wrong with a rule, by field, as /cluster/ha/rules says it. */
export function ruleErrors(rule: HaRule): Readonly<Record<string, readonly string[]>> | undefined {
  if (rule.type === 'node-affinity' || rule.resources.length > 1) return undefined;
  return { resources: ['rule is ineffective as there are less than two resources'] };
}

/** The guest of `vm:100`; undefined when there is none or it is of the other type. */
export function guestOf(cluster: Cluster, sid: string): Guest | undefined {
  const guest = cluster.guests.get(Number(sid.split(':')[1]));
  return guest && serviceId(guest) === sid ? guest : undefined;
}
