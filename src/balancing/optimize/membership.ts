import type { ClusterIndex } from '../cluster-index.ts';
import { at } from './element.ts';
import { type Unit, unitGuests } from './unit.ts';

/** The guests of a rule as the search sees them. */
export interface Members {
  /** Those that may move. */
  readonly units: readonly number[];
  /** How many of its guests a unit is, where that is more than one. */
  readonly several: ReadonlyMap<number, number>;
  /** By node: how many of the others are there, or on their way there. */
  readonly fixed: Int16Array;
}

/** How many guests of the rule move with the unit. */
export function guestsOf({ several }: Members, unit: number): number {
  return several.size === 0 ? 1 : (several.get(unit) ?? 1);
}

export function memberFinder(
  units: readonly Unit[],
  nodeNames: readonly string[],
  index: ClusterIndex,
): (vmids: readonly number[]) => Members {
  const unitOf = new Map(
    units.flatMap((unit, at) => unitGuests(unit).map(({ vmid }) => [vmid, at] as const)),
  );
  const nodeOf = new Map(nodeNames.map((name, at) => [name, at]));
  return (vmids) => {
    const fixed = new Int16Array(nodeNames.length);
    const members = new Map<number, number>();
    for (const vmid of new Set(vmids)) {
      const unit = unitOf.get(vmid);
      if (unit !== undefined) {
        members.set(unit, (members.get(unit) ?? 0) + 1);
        continue;
      }
      for (const place of index.placesOf(vmid)) {
        const node = nodeOf.get(place);
        if (node !== undefined) fixed[node] = (fixed[node] ?? 0) + 1;
      }
    }
    const several = new Map([...members].filter(([, count]) => count > 1));
    return { units: [...members.keys()], several, fixed };
  };
}

/** How many guests of the rule are on each node when the units are where `place` says. */
export function guestsByNode(members: Members, place: Int16Array): Int16Array {
  const onNode = Int16Array.from(members.fixed);
  for (const unit of members.units) {
    const node = at(place, unit);
    onNode[node] = at(onNode, node) + guestsOf(members, unit);
  }
  return onNode;
}

/** The same of units: those that move together are one, since no rule can part them. */
export function unitsByNode({ units, fixed }: Members, place: Int16Array): Int16Array {
  const onNode = Int16Array.from(fixed);
  for (const unit of units) {
    const node = at(place, unit);
    onNode[node] = at(onNode, node) + 1;
  }
  return onNode;
}

/** How many guests are not where most of them are. */
export function scattered(onNode: Int16Array): number {
  let [sum, most] = [0, 0];
  for (const count of onNode) {
    sum += count;
    if (count > most) most = count;
  }
  return sum - most;
}

/** By how much `scattered` grows when so many of them go from one node to another. */
export function scatteredBy(onNode: Int16Array, guests: number, source: number, target: number): number {
  let [before, after] = [0, 0];
  for (let node = 0; node < onNode.length; node += 1) {
    const count = at(onNode, node);
    const then = node === source ? count - guests : node === target ? count + guests : count;
    if (count > before) before = count;
    if (then > after) after = then;
  }
  return before - after;
}

const NO_RULES: readonly number[] = [];

/** By unit: the positions of the rules that it is a member of. */
export function rulesOfUnits(
  unitCount: number,
  rules: readonly { readonly units: readonly number[] }[],
): readonly (readonly number[])[] {
  const found = new Map<number, number[]>();
  rules.forEach(({ units }, rule) => {
    for (const unit of units) {
      const others = found.get(unit);
      if (others) others.push(rule);
      else found.set(unit, [rule]);
    }
  });
  return Array.from({ length: unitCount }, (_, unit) => found.get(unit) ?? NO_RULES);
}
