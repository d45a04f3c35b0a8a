import type { BalancePolicySpec } from '../../../src/api/generated/balance-policy.ts';
import type { GuestDocument, ScenarioDocument } from '../../../src/simulator/scenario/document.ts';
import { matchesAny } from './globs.ts';
import type { Moment } from './moment.ts';

type SpecRule = BalancePolicySpec['placement']['rules'][number];

/** A rule of the policy with those of the scenario that it means. */
export interface JudgedRule extends Pick<SpecRule, 'name' | 'type' | 'enforcement'> {
  readonly vmids: readonly number[];
  /** Of a `Pin`. */
  readonly nodes: readonly string[];
}

export function judgedRules(
  { placement }: Pick<BalancePolicySpec, 'placement'>,
  { guests = [], nodes }: ScenarioDocument,
): readonly JudgedRule[] {
  return placement.rules.map(({ name, type, enforcement, guests: meant, nodes: listed }) => ({
    name,
    type,
    enforcement,
    vmids: guests.filter((guest) => !guest.template && isMeant(meant, guest)).map(({ vmid }) => vmid),
    nodes: nodes.map((node) => node.name).filter((node) => matchesAny(listed, node)),
  }));
}

function isMeant({ vmids, tags, pools }: SpecRule['guests'], { vmid, tags: own = [], pool }: GuestDocument) {
  return (
    vmids.includes(vmid) ||
    own.some((tag) => matchesAny(tags, tag)) ||
    (pool !== undefined && matchesAny(pools, pool))
  );
}

/** How many of the guests are where the rule does not want them. */
export function breachesOf({ type, vmids, nodes }: JudgedRule, nodeOf: (vmid: number) => string): number {
  const places = vmids.map(nodeOf);
  switch (type) {
    case 'Pin':
      return places.filter((place) => !nodes.includes(place)).length;
    case 'AntiAffinity':
      return places.length - new Set(places).size;
    case 'Affinity':
      return places.length - Math.max(0, ...[...new Set(places)].map((place) => countOf(places, place)));
  }
}

function countOf(places: readonly string[], wanted: string): number {
  return places.filter((place) => place === wanted).length;
}

interface PlacementFacts {
  readonly move: { readonly vmid: number; readonly target: string };
  /** All that move by it. */
  readonly group: readonly { readonly vmid: number }[];
  readonly moment: Moment;
  readonly rules: readonly JudgedRule[];
  readonly spec: Pick<BalancePolicySpec, 'placement'>;
}

/** What the policy's placement holds against a move, in the way of RULES of move-judge.ts. */
export const blockedByPlacement = {
  drained: ({ move, spec }: PlacementFacts) =>
    matchesAny(spec.placement.drainNodes, move.target) ? `${move.target} is drained` : undefined,
  pin: (facts: PlacementFacts) =>
    requiredOf(facts, 'Pin').find(({ nodes }) => !nodes.includes(facts.move.target))?.name,
  keptApart: (facts: PlacementFacts) => {
    const { move, moment } = facts;
    const others = othersOf(facts, 'AntiAffinity');
    // No two of them are under way at a time, wherever they go.
    const there = others.find(
      (vmid) =>
        moment.guests.get(vmid)?.node === move.target ||
        [...moment.running, ...moment.asked].some((passage) => passage.vmid === vmid),
    );
    return there === undefined ? undefined : `${there} is there or under way`;
  },
  keptTogether: (facts: PlacementFacts) => {
    const { move, moment } = facts;
    const nodeOf = (vmid: number) => moment.guests.get(vmid)?.node ?? '';
    const then = (vmid: number) => (vmid === move.vmid ? move.target : nodeOf(vmid));
    return requiredOf(facts, 'Affinity').find((rule) => breachesOf(rule, then) > breachesOf(rule, nodeOf))
      ?.name;
  },
};

function requiredOf({ move, rules }: PlacementFacts, type: JudgedRule['type']) {
  return rules.filter(
    (rule) => rule.type === type && rule.enforcement === 'Required' && rule.vmids.includes(move.vmid),
  );
}

function othersOf(facts: PlacementFacts, type: JudgedRule['type']): readonly number[] {
  const moving = facts.group.map(({ vmid }) => vmid);
  return requiredOf(facts, type)
    .flatMap(({ vmids }) => vmids)
    .filter((vmid) => !moving.includes(vmid));
}
