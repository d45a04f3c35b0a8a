import type { Size } from './case.ts';
import type { Draft, DraftGuest, DraftNode } from './draft.ts';

/** How loaded the guests of a made-up cluster are, and how their loads go together. */
export interface LoadTraits {
  /** Of the nodes' memory and CPUs. */
  readonly memoryShare: number;
  readonly cpuShare: number;
  /** Half of the guests have much memory and a quiet CPU, the others the reverse. */
  readonly anticorrelated?: boolean;
  /** The first guest takes this share of the smallest node's memory. */
  readonly hugeShare?: number;
  /** Half of the guests have disks on their node alone. */
  readonly localDisks?: boolean;
  readonly unequalNodes?: boolean;
  /** A tenth of the guests is stopped and takes nothing. */
  readonly stopped?: boolean;
}

const GIB = 2 ** 30;
const MIB = 2 ** 20;

const KINDS = [
  { memoryGib: 256, cpus: 24 },
  { memoryGib: 384, cpus: 32 },
  { memoryGib: 512, cpus: 48 },
  { memoryGib: 768, cpus: 64 },
] as const;

/** Nodes, and guests whose loads add up to the shares asked for. */
export function draftCluster(size: Size, traits: LoadTraits, random: () => number): Draft {
  const nodes = Array.from({ length: size.nodes }, (_, index) => draftNode(index, traits, random));
  return { nodes, guests: draftGuests(size.guests, nodes, traits, random) };
}

function draftNode(index: number, { unequalNodes = false }: LoadTraits, random: () => number): DraftNode {
  const kind = (unequalNodes ? KINDS[Math.floor(random() * KINDS.length)] : undefined) ?? KINDS[2];
  return {
    name: `pve${String(index + 1).padStart(3, '0')}`,
    memoryBytes: kind.memoryGib * GIB,
    cpus: kind.cpus,
    ownMemoryBytes: 2 * GIB,
    ownCpus: 0.5,
  };
}

function draftGuests(
  count: number,
  nodes: readonly DraftNode[],
  traits: LoadTraits,
  random: () => number,
): DraftGuest[] {
  const isStopped = (index: number) => traits.stopped === true && index % 10 === 9;
  const heavy = Array.from({ length: count }, (_, index) => index % 2 === 0);
  const factor = (favoured: boolean) => (traits.anticorrelated ? (favoured ? 4 : 1) : 1);
  const memory = heavy.map((is, index) => (isStopped(index) ? 0 : factor(is) * logNormal(0.7, random)));
  const cpu = heavy.map((is, index) => (isStopped(index) ? 0 : factor(!is) * logNormal(0.8, random)));
  const smallest = Math.min(...nodes.map(({ memoryBytes }) => memoryBytes));
  const hugeBytes = (traits.hugeShare ?? 0) * smallest;
  if (hugeBytes > 0) memory[0] = 0;
  const memoryBytes = scaled(
    memory,
    sumOf(nodes, (node) => node.memoryBytes * traits.memoryShare - node.ownMemoryBytes) - hugeBytes,
    Math.max(smallest / 6, largestOfFew(sumOf(nodes, (node) => node.memoryBytes * traits.memoryShare))),
  );
  const busyCpus = scaled(
    cpu,
    sumOf(nodes, (node) => node.cpus * traits.cpuShare - node.ownCpus),
    Math.max(
      Math.min(...nodes.map(({ cpus }) => cpus)) / 6,
      largestOfFew(sumOf(nodes, (node) => node.cpus * traits.cpuShare)),
    ),
  );

  /** Few guests would all be of the one size that is allowed. */
  function largestOfFew(sum: number): number {
    return count < 5 * nodes.length ? (2 * sum) / count : 0;
  }

  return heavy.map((_, index) => {
    const busy = busyCpus[index] ?? 0;
    const localGib = traits.localDisks && index % 2 === 1 ? 8 * 2 ** Math.floor(random() * 5) : 0;
    const bytes = hugeBytes > 0 && index === 0 ? hugeBytes : (memoryBytes[index] ?? 0);
    return {
      vmid: 100 + index,
      type: index % 7 === 3 ? 'lxc' : 'qemu',
      memoryBytes: isStopped(index) ? 0 : Math.max(1, Math.round(bytes / MIB)) * MIB,
      busyCpus: busy,
      cpuCount: Math.max(1, Math.ceil(busy / (0.2 + 0.6 * random()))),
      localBytes: localGib * GIB,
    };
  });
}

/** Scales raw sizes to a sum, none above a limit as far as the sum allows. */
function scaled(raw: readonly number[], sum: number, limit: number): number[] {
  const factor = sum / sumOf(raw, (each) => each);
  let sizes = raw.map((value) => value * factor);
  for (let round = 0; round < 20; round += 1) {
    const cut = sizes.map((value) => Math.min(value, limit));
    const rest = sum / sumOf(cut, (each) => each);
    sizes = cut.map((value) => value * rest);
    if (rest < 1.001) break;
  }
  return sizes;
}

/** Most are small, a few large. */
function logNormal(sigma: number, random: () => number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Math.exp(sigma * normal);
}

function sumOf<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((sum, item) => sum + value(item), 0);
}
