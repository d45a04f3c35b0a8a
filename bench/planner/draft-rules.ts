import { shuffled } from '../../src/simulator/random.ts';
import type { Assignment, Draft, DraftRule } from './draft.ts';

/** Rules that an assignment satisfies: guests to be kept apart, together, and on some nodes. A guest is in one at most. */
export function rulesOf(draft: Draft, assignment: Assignment, random: () => number): readonly DraftRule[] {
  const nodeCount = draft.nodes.length;
  const free = new Map<number, number[]>();
  for (const guest of shuffled(
    draft.guests.map((_, index) => index),
    random,
  )) {
    const node = assignment[guest] ?? 0;
    free.set(node, [...(free.get(node) ?? []), guest]);
  }
  const groups = Math.max(1, Math.round(draft.guests.length / 25));
  const rules: DraftRule[] = [];
  for (let group = 0; group < groups; group += 1) {
    const [first, ...others] = shuffled([...free.keys()], random);
    if (first === undefined) break;
    rules.push(
      {
        name: `apart-${group}`,
        type: 'AntiAffinity',
        members: [first, ...others].slice(0, Math.min(4, nodeCount)).flatMap(takeFrom),
        nodes: [],
        // HA and the policy in turn.
        ha: group % 3 === 2,
      },
      {
        name: `together-${group}`,
        type: 'Affinity',
        members: [first, first].flatMap(takeFrom),
        nodes: [],
        ha: false,
      },
      {
        name: `on-${group}`,
        type: 'Pin',
        members: [first, first].flatMap(takeFrom),
        nodes: [first, (first + 1) % nodeCount],
        ha: group % 3 === 1,
      },
    );
  }
  return rules.filter(({ type, members }) => members.length > (type === 'Pin' ? 0 : 1));

  function takeFrom(node: number): number[] {
    const found = free.get(node)?.pop();
    return found === undefined ? [] : [found];
  }
}

/** Puts one member of each rule of the policy where it violates it, where there is room. HA repairs its own rules. */
export function violated(
  draft: Draft,
  assignment: Assignment,
  rules: readonly DraftRule[],
  memoryLimit: number,
): Assignment {
  const result = [...assignment];
  const used = draft.nodes.map(({ ownMemoryBytes }) => ownMemoryBytes);
  for (const [guest, node] of result.entries()) add(guest, node, 1);
  for (const { type, members, nodes } of rules.filter(({ ha }) => !ha)) {
    const [first, second] = members;
    if (first === undefined || second === undefined) continue;
    const home = result[first] ?? 0;
    const wrong =
      type === 'AntiAffinity'
        ? [home]
        : draft.nodes.map((_, node) => node).filter((node) => !nodes.includes(node));
    const target = wrong.find((node) => node !== result[second] && hasRoom(second, node));
    if (target === undefined || (type === 'Affinity' && target === home)) continue;
    add(second, result[second] ?? 0, -1);
    add(second, target, 1);
    result[second] = target;
  }
  return result;

  function add(guest: number, node: number, sign: 1 | -1): void {
    used[node] = (used[node] ?? 0) + sign * (draft.guests[guest]?.memoryBytes ?? 0);
  }

  function hasRoom(guest: number, node: number): boolean {
    const limit = (draft.nodes[node]?.memoryBytes ?? 0) * memoryLimit;
    return (used[node] ?? 0) + (draft.guests[guest]?.memoryBytes ?? 0) <= limit;
  }
}
