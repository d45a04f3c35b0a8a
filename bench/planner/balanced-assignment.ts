import { type Assignment, type Draft, loadsOf, spreadOf } from './draft.ts';

/** How far within the tolerance the state is that a case is made from. */
const MARGIN = 0.8;
const ATTEMPTS_PER_GUEST = 200;
const CHECK_EVERY = 50;

/**
 * An assignment of guests to the open nodes with both spreads well within the tolerance; undefined when none was found.
 * Largest first to where the sum of squares stays least, then exchanges at random as long as they help.
 */
export function balancedAssignment(
  draft: Draft,
  open: readonly boolean[],
  tolerance: number,
  random: () => number,
): Assignment | undefined {
  const { nodes, guests } = draft;
  const usable = nodes.map((_, node) => node).filter((node) => open[node]);
  const loads = loadsOf({ nodes, guests: [] }, []);
  const assignment = guests.map(() => 0);
  const largest = guests.map((_, guest) => guest).sort((left, right) => sizeOf(right) - sizeOf(left));
  for (const guest of largest) {
    const best = usable.reduce((least, node) =>
      costOfAdding(guest, node) < costOfAdding(guest, least) ? node : least,
    );
    assignment[guest] = best;
    add(guest, best, 1);
  }
  for (let attempt = 0; attempt < ATTEMPTS_PER_GUEST * guests.length; attempt += 1) {
    if (attempt % CHECK_EVERY === 0 && spreadOf(loads, open) <= tolerance * MARGIN) return assignment;
    exchangeIfBetter();
  }
  return spreadOf(loads, open) <= tolerance * MARGIN ? assignment : undefined;

  function sizeOf(guest: number): number {
    const { memoryBytes = 0, busyCpus = 0 } = guests[guest] ?? {};
    return memoryBytes / (nodes[0]?.memoryBytes ?? 1) + busyCpus / (nodes[0]?.cpus ?? 1);
  }

  function costOfAdding(guest: number, node: number): number {
    const [memory, cpu] = sharesOn(guest, node);
    const before = squares(node);
    const after = squaresOf(node, (loads.memory[node] ?? 0) + memory, (loads.cpu[node] ?? 0) + cpu);
    return after - before;
  }

  function sharesOn(guest: number, node: number): [number, number] {
    const { memoryBytes = 0, busyCpus = 0 } = guests[guest] ?? {};
    return [memoryBytes / (nodes[node]?.memoryBytes ?? 1), busyCpus / (nodes[node]?.cpus ?? 1)];
  }

  function add(guest: number, node: number, sign: 1 | -1): void {
    const [memory, cpu] = sharesOn(guest, node);
    loads.memory[node] = (loads.memory[node] ?? 0) + sign * memory;
    loads.cpu[node] = (loads.cpu[node] ?? 0) + sign * cpu;
  }

  function exchangeIfBetter(): void {
    const [one, other] = [pick(guests.length), pick(guests.length)];
    const from = assignment[one] ?? 0;
    const swap = random() < 0.5;
    const to = swap ? (assignment[other] ?? 0) : (usable[pick(usable.length)] ?? from);
    if (from === to) return;
    const before = squares(from) + squares(to);
    exchange(from, to);
    if (squares(from) + squares(to) < before) {
      assignment[one] = to;
      if (swap) assignment[other] = from;
    } else {
      exchange(to, from);
    }

    function exchange(source: number, target: number): void {
      add(one, source, -1);
      add(one, target, 1);
      if (!swap) return;
      add(other, target, -1);
      add(other, source, 1);
    }
  }

  function squares(node: number): number {
    return squaresOf(node, loads.memory[node] ?? 0, loads.cpu[node] ?? 0);
  }

  /** Weighed by size: only so are the shares of unequal nodes alike where the sum is least. */
  function squaresOf(node: number, memory: number, cpu: number): number {
    const { memoryBytes = 0, cpus = 0 } = nodes[node] ?? {};
    return (
      (memory ** 2 * memoryBytes) / (nodes[0]?.memoryBytes ?? 1) + (cpu ** 2 * cpus) / (nodes[0]?.cpus ?? 1)
    );
  }

  function pick(count: number): number {
    return Math.floor(random() * count);
  }
}
