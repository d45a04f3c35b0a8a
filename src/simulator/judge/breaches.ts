import type { JudgedRule } from '../scenario/specifications.ts';

/** A guest on its way. */
export interface Passage {
  readonly vmid: number;
  readonly source: string;
  readonly target: string;
}

/** How badly a rule is broken, 0 when it is kept. A guest on its way to a node is at both ends. */
export function breaches(
  rule: JudgedRule,
  nodeOf: (vmid: number) => string | undefined,
  underWay: readonly Passage[],
): number {
  const places = rule.guests.map((vmid) => {
    const targets = underWay.filter((passage) => passage.vmid === vmid).map(({ target }) => target);
    const node = nodeOf(vmid);
    return new Set(node === undefined ? targets : [node, ...targets]);
  });
  switch (rule.type) {
    case 'apart':
      return crowds(places).reduce((sum, count) => sum + count - 1, 0);
    case 'together': {
      const settled = rule.guests.map((vmid) => new Set([nodeOf(vmid)].filter((node) => node !== undefined)));
      return rule.guests.length - Math.max(0, ...crowds(settled));
    }
    case 'on':
      return places.filter((nodes) => [...nodes].some((node) => !rule.nodes.includes(node))).length;
  }
}

/** How many are at each place where any is. */
function crowds(places: readonly ReadonlySet<string>[]): readonly number[] {
  const counts = new Map<string, number>();
  for (const place of places) for (const node of place) counts.set(node, (counts.get(node) ?? 0) + 1);
  return [...counts.values()];
}
