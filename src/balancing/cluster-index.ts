import { type BoundRule, bindRules } from './bound-rule.ts';
import type { Cluster, ClusterNode, ClusterStorage, Guest } from './cluster.ts';
import type { ClusterHa, HaRule } from './high-availability.ts';
import { compareNames } from './order.ts';
import type { Placement } from './placement.ts';

/** A cluster by the names and numbers that decisions ask for, so that none of them searches its lists. */
export interface ClusterIndex {
  /** Its rules by name. */
  readonly ha: ClusterHa;
  /** In no particular order. */
  readonly nodeNames: readonly string[];
  node(name: string): ClusterNode | undefined;
  /** Undefined when no node has it, or it cannot be seen. */
  storage(name: string): ClusterStorage | undefined;
  /** Memory on its way to the node. */
  incomingBytes(node: string): number;
  /** The rules in force that name the guest. */
  rulesOf(vmid: number): readonly HaRule[];
  /** Guests that HA keeps on the node of this one, directly or by others, ascending: they move along with it. */
  movesWith(vmid: number): readonly number[];
  guest(vmid: number): Guest | undefined;
  /** Where the guest is, as anybody knows it, and where it is on its way to. Answers for guests that rules name. */
  placesOf(vmid: number): ReadonlySet<string>;
  /** Whether the guest is on the node, as anybody knows it, or on its way there. Answers for guests that rules name. */
  isOrGoesTo(vmid: number, node: string): boolean;
  /** The rules of the policy, by name. */
  readonly placementRules: readonly BoundRule[];
  /** Those that are required and mean the guest. */
  requiredRulesOf(vmid: number): readonly BoundRule[];
}

const NOWHERE: ReadonlySet<string> = new Set();

export function indexCluster(cluster: Cluster, placement: Placement): ClusterIndex {
  const nodes = new Map(cluster.nodes.map((node) => [node.name, node]));
  const storages = new Map(cluster.storages.map((storage) => [storage.name, storage]));
  const incoming = new Map<string, number>();
  for (const { node, bytes } of cluster.incoming) incoming.set(node, (incoming.get(node) ?? 0) + bytes);
  // Few ask, and there may be thousands.
  let byVmid: ReadonlyMap<number, Guest> | undefined;
  const guestOf = (vmid: number) => {
    byVmid ??= new Map(cluster.guests.map((guest) => [guest.vmid, guest]));
    return byVmid.get(vmid);
  };
  // PVE lists them in no particular order.
  const haRules = [...cluster.ha.rules].sort((left, right) => compareNames(left.name, right.name));
  const rules = byGuest(haRules);
  const placementRules = bindRules(cluster, placement.rules);
  const required = byGuest(placementRules.filter(({ enforcement }) => enforcement === 'Required'));
  const named = placementRules.flatMap(({ vmids }) => vmids);
  const places = placesOf(cluster, new Set([...rules.keys(), ...named]));
  const partnersOf = (vmid: number) =>
    (rules.get(vmid) ?? [])
      .filter((rule) => rule.kind === 'ResourceAffinity' && rule.affinity === 'Positive')
      .flatMap(({ vmids }) => vmids)
      .filter((partner) => places.has(partner));
  return {
    ha: { ...cluster.ha, rules: haRules },
    nodeNames: [...nodes.keys()],
    node: (name) => nodes.get(name),
    storage: (name) => storages.get(name),
    incomingBytes: (node) => incoming.get(node) ?? 0,
    rulesOf: (vmid) => rules.get(vmid) ?? [],
    movesWith(vmid) {
      const found = new Set([vmid]);
      for (const each of found) for (const partner of partnersOf(each)) found.add(partner);
      found.delete(vmid);
      return [...found].sort((left, right) => left - right);
    },
    guest: guestOf,
    placesOf: (vmid) => places.get(vmid) ?? NOWHERE,
    isOrGoesTo: (vmid, node) => places.get(vmid)?.has(node) ?? false,
    placementRules,
    requiredRulesOf: (vmid) => required.get(vmid) ?? [],
  };
}

function byGuest<Rule extends { readonly vmids: readonly number[] }>(
  rules: readonly Rule[],
): ReadonlyMap<number, readonly Rule[]> {
  const found = new Map<number, Rule[]>();
  for (const rule of rules) {
    for (const vmid of new Set(rule.vmids)) {
      const others = found.get(vmid);
      if (others) others.push(rule);
      else found.set(vmid, [rule]);
    }
  }
  return found;
}

/** Of a guest under way that is its node and its target; HA may know better than the statistics where it is. */
function placesOf(
  { guests, unreadable, incoming, ha }: Cluster,
  wanted: ReadonlySet<number>,
): ReadonlyMap<number, ReadonlySet<string>> {
  const places = new Map<number, Set<string>>();
  if (wanted.size === 0) return places;
  for (const sources of [guests, unreadable, incoming, ha.services]) {
    for (const { vmid, node } of sources) {
      if (!wanted.has(vmid)) continue;
      const found = places.get(vmid);
      if (found) found.add(node);
      else places.set(vmid, new Set([node]));
    }
  }
  return places;
}
