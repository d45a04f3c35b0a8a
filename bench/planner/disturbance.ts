import { shuffled } from '../../src/simulator/random.ts';
import { type Assignment, type Draft, type DraftRule, isAllowed, loadsOf } from './draft.ts';

/**
 * What brings a balanced cluster out of balance.
 * - `Hot`: guests gather on a quarter of the nodes;
 * - `Sorted`: guests with much CPU gather on one half of the nodes, those with much memory on the other;
 * - `Emptied`: the last node gives all its guests away;
 * - `Swapped`: guests change places with others of nearly the same memory, so that CPU gathers on a quarter of the nodes;
 * - `Filled`: the last node takes guests until it is as full as the others.
 */
export type Disturbance = 'Hot' | 'Sorted' | 'Emptied' | 'Swapped' | 'Filled';

/** Nothing is put where a node would be fuller than this. */
const FULL_MEMORY_SHARE = 0.95;
const FULL_CPU_SHARE = 1;

export interface DisturbanceTraits {
  readonly kind: Disturbance;
  /** Of the guests, how many are touched. */
  readonly share: number;
  /** Kept on the way. */
  readonly rules: readonly DraftRule[];
  readonly mayMove: (guest: number) => boolean;
}

export function disturb(
  draft: Draft,
  balanced: Assignment,
  traits: DisturbanceTraits,
  random: () => number,
): Assignment {
  const count = draft.nodes.length;
  const state = createPlaces(draft, balanced, traits.rules);
  const indices = shuffled(draft.guests.map((_, guest) => guest).filter(traits.mayMove), random);
  const touched = indices.slice(0, Math.ceil(traits.share * indices.length));
  const hot = Math.max(1, Math.round(count / 4));
  const among = (from: number, to: number) => from + Math.floor(random() * (to - from));
  switch (traits.kind) {
    case 'Hot':
      for (const guest of touched) state.put(guest, random() < 0.85 ? among(0, hot) : among(0, count));
      break;
    case 'Sorted':
      for (const guest of touched) {
        const half = Math.floor(count / 2);
        state.put(guest, leansToCpu(draft, guest) ? among(0, half) : among(half, count));
      }
      break;
    case 'Emptied':
      for (const guest of indices.filter((each) => state.assignment[each] === count - 1)) {
        for (let attempt = 0; attempt < 20 && !state.put(guest, among(0, count - 1)); attempt += 1);
      }
      break;
    case 'Swapped':
      for (const guest of touched) {
        const partner = similarPartner(draft, state.assignment, guest, hot, indices);
        if (partner !== undefined) state.swap(guest, partner);
      }
      break;
    case 'Filled':
      for (const guest of indices) {
        const [least, last] = [Math.min(...state.memory.slice(0, -1)), state.memory[count - 1] ?? 0];
        if (last < least) state.put(guest, count - 1);
      }
      break;
  }
  return state.assignment;
}

function createPlaces(draft: Draft, balanced: Assignment, rules: readonly DraftRule[]) {
  const assignment = [...balanced];
  const { memory, cpu } = loadsOf(draft, assignment);

  function add(guest: number, at: number, sign: 1 | -1): void {
    const { memoryBytes, cpus } = draft.nodes[at] ?? { memoryBytes: 1, cpus: 1 };
    memory[at] = (memory[at] ?? 0) + (sign * (draft.guests[guest]?.memoryBytes ?? 0)) / memoryBytes;
    cpu[at] = (cpu[at] ?? 0) + (sign * (draft.guests[guest]?.busyCpus ?? 0)) / cpus;
  }

  function shift(guest: number, to: number): void {
    add(guest, assignment[guest] ?? 0, -1);
    add(guest, to, 1);
    assignment[guest] = to;
  }

  const isFull = (node: number) =>
    (memory[node] ?? 0) > FULL_MEMORY_SHARE || (cpu[node] ?? 0) > FULL_CPU_SHARE;

  return {
    assignment,
    memory,
    /** Whether the guest is there now: not where it is forbidden or the node would be full. */
    put(guest: number, node: number): boolean {
      const from = assignment[guest] ?? 0;
      if (from === node || !isAllowed(rules, guest, node, assignment)) return from === node;
      shift(guest, node);
      if (isFull(node)) shift(guest, from);
      return assignment[guest] === node;
    },
    swap(one: number, other: number): void {
      const [from, to] = [assignment[one] ?? 0, assignment[other] ?? 0];
      shift(one, to);
      shift(other, from);
      if (!isFull(from) && !isFull(to)) return;
      shift(one, from);
      shift(other, to);
    },
  };
}

function leansToCpu({ guests, nodes: [node] }: Draft, guest: number): boolean {
  const { busyCpus = 0, memoryBytes = 0 } = guests[guest] ?? {};
  return busyCpus / (node?.cpus ?? 1) > memoryBytes / (node?.memoryBytes ?? 1);
}

/** A quieter guest of a hot node with within a tenth as much memory as this one, which is on none. */
function similarPartner(
  { guests }: Draft,
  assignment: Assignment,
  guest: number,
  hot: number,
  candidates: readonly number[],
): number | undefined {
  const own = guests[guest];
  if (own === undefined || (assignment[guest] ?? 0) < hot) return undefined;
  return candidates.find((other) => {
    const found = guests[other];
    if (found === undefined || (assignment[other] ?? 0) >= hot || found.busyCpus >= own.busyCpus)
      return false;
    return Math.abs(found.memoryBytes - own.memoryBytes) < own.memoryBytes / 10;
  });
}
