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
  const roll = callRoll(guests, unreadable);
  return [...rules]
    .sort((left, right) => compareNames(left.name, right.name))
    .map((rule) => ({
      name: rule.name,
      type: rule.type,
      enforcement: rule.enforcement,
      vmids: meantBy(rule.guests, roll),
      nodes: names.filter((name) => matchesAnyGlob(rule.nodes, name)),
    }));
}

/** A guest by its tag or pool. */
interface Named {
  readonly name: string;
  readonly vmid: number;
}

/** By what a rule may name them; of guests that cannot be read only the VMID is known. */
interface Roll {
  readonly vmids: ReadonlySet<number>;
  readonly byTag: ReadonlyMap<string, readonly Named[]>;
  readonly byPool: ReadonlyMap<string, readonly Named[]>;
}

function callRoll(guests: readonly Guest[], unreadable: Cluster['unreadable']): Roll {
  const live = guests.filter(({ template }) => !template);
  return {
    vmids: new Set([...live, ...unreadable].map(({ vmid }) => vmid)),
    byTag: Map.groupBy(
      live.flatMap(({ vmid, tags }) => tags.map((name) => ({ name, vmid }))),
      ({ name }) => name,
    ),
    byPool: Map.groupBy(
      live.flatMap(({ vmid, pool }) => (pool === undefined ? [] : [{ name: pool, vmid }])),
      ({ name }) => name,
    ),
  };
}

function meantBy({ vmids, tags, pools }: RuleGuests, roll: Roll): readonly number[] {
  const meant = new Set(vmids.filter((vmid) => roll.vmids.has(vmid)));
  for (const [globs, groups] of [
    [tags, roll.byTag],
    [pools, roll.byPool],
  ] as const) {
    if (globs.length === 0) continue;
    for (const [name, group] of groups) {
      if (matchesAnyGlob(globs, name)) for (const { vmid } of group) meant.add(vmid);
    }
  }
  return [...meant].sort((left, right) => left - right);
}
