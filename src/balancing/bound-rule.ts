import { matchesAnyGlob } from '../lib/glob.ts';
import type { Cluster, Guest } from './cluster.ts';
import { compareNames } from './order.ts';
import type { PlacementRule, RuleGuests } from './placement.ts';

/** A rule of the policy with the guests and nodes of this cluster that it means. */
export interface BoundRule {
  readonly name: string;
  readonly type: PlacementRule['type'];
  readonly enforcement: PlacementRule['enforcement'];
  /** Ascending; guests that exist, whatever their state. */
  readonly vmids: readonly number[];
  /** Of a `Pin`: the nodes that exist, by name. */
  readonly nodes: readonly string[];
}

/** By name. Templates are never meant: they do not run, and a rule may name a whole pool. */
export function bindRules(
  { guests, unreadable, nodes }: Cluster,
  rules: readonly PlacementRule[],
): readonly BoundRule[] {
  const names = nodes.map(({ name }) => name).sort(compareNames);
  return [...rules]
    .sort((left, right) => compareNames(left.name, right.name))
    .map((rule) => {
      const listed = new Set(rule.guests.vmids);
      const readable = guests
        .filter((guest) => !guest.template && means(rule.guests, listed, guest))
        .map(({ vmid }) => vmid);
      const unread = unreadable.filter(({ vmid }) => listed.has(vmid)).map(({ vmid }) => vmid);
      return {
        name: rule.name,
        type: rule.type,
        enforcement: rule.enforcement,
        vmids: [...readable, ...unread].sort((left, right) => left - right),
        nodes: names.filter((name) => matchesAnyGlob(rule.nodes, name)),
      };
    });
}

function means({ tags, pools }: RuleGuests, listed: ReadonlySet<number>, guest: Guest): boolean {
  return (
    listed.has(guest.vmid) ||
    (tags.length > 0 && guest.tags.some((tag) => matchesAnyGlob(tags, tag))) ||
    (guest.pool !== undefined && matchesAnyGlob(pools, guest.pool))
  );
}
