import type { NodeFigures } from './cluster.ts';
import type { BalanceSettings } from './plan.ts';
import { roundHalfEven } from './round-half-even.ts';

/** The two parts a weight is made of; they add up to 1. */
export interface WeightShares {
  readonly cpu: number;
  readonly memory: number;
}

/** What CSLB sees of a node. CPU is measured in megahertz. */
export interface NodeLoad {
  readonly cpuCapacityMhz: number;
  readonly cpuUsedMhz: number;
  readonly memoryTotalBytes: number;
  /** Used, and what it would be without pages shared by KSM. */
  readonly memoryCommittedBytes: number;
}

export interface NodeWeight {
  /** A whole number, at most `Number.MAX_SAFE_INTEGER`. */
  readonly weight: number;
  readonly overloaded: boolean;
}

/**
 * At how much of its free value an overloaded node's resource is weighed: 1/100, as if 1 % of it were free
 * (docs/decisions/overloaded-nodes.md).
 */
const SATURATED_RATIO = 100;

export function weightShares(weights: BalanceSettings['weights']): WeightShares {
  const sum = weights.cpu + weights.memory;
  return { cpu: weights.cpu / sum, memory: weights.memory / sum };
}

/** CSLB takes an unknown clock as 1 MHz, so that nodes that all lack it still compare by their cores. */
export function cpuMhz(figures: NodeFigures): number {
  return figures.cpuMhz > 0 ? figures.cpuMhz : 1;
}

export function nodeLoad(figures: NodeFigures): NodeLoad {
  const mhz = cpuMhz(figures);
  // PVE counts cores by `physical id`, which ARM does not have: fewer cores than sockets means it could not count them.
  const cores = figures.cpuCores < Math.max(1, figures.cpuSockets) ? figures.cpuThreads : figures.cpuCores;
  const [one, five, fifteen] = figures.loadAverage;
  return {
    cpuCapacityMhz: mhz * cores,
    cpuUsedMhz: mhz * ((one + five + fifteen) / 3),
    memoryTotalBytes: figures.memoryTotalBytes,
    memoryCommittedBytes: figures.memoryUsedBytes + figures.ksmSharedBytes,
  };
}

export function cpuFreeMhz(load: NodeLoad): number {
  return load.cpuCapacityMhz - load.cpuUsedMhz;
}

export function memoryFreeOfCommitment(load: NodeLoad): number {
  return load.memoryTotalBytes - load.memoryCommittedBytes;
}

/**
 * Adds its weight to each node. A node is overloaded when a resource that counts has nothing free; CSLB's formula turns
 * negative there. It then weighs what it would with 1 % free, and at least as much as the heaviest other.
 */
export function weighNodes<Node extends { readonly load: NodeLoad }>(
  nodes: readonly Node[],
  shares: WeightShares,
): (Node & NodeWeight)[] {
  const finite = nodes.map((node) => ({ node, weight: finiteWeight(node.load, shares) }));
  const heaviest = finite.reduce((most, { weight }) => Math.max(most, weight ?? 0), 0);
  return finite.map(({ node, weight }) =>
    weight === undefined
      ? { ...node, weight: Math.max(heaviest, saturatedWeight(node.load, shares)), overloaded: true }
      : { ...node, weight, overloaded: false },
  );
}

/** Undefined when overloaded. */
function finiteWeight(load: NodeLoad, shares: WeightShares): number | undefined {
  const cpuFree = cpuFreeMhz(load);
  const memoryFree = memoryFreeOfCommitment(load);
  if ((shares.cpu > 0 && !(cpuFree > 0)) || (shares.memory > 0 && !(memoryFree > 0))) return undefined;
  const cpu = part(shares.cpu, load.cpuCapacityMhz / cpuFree);
  const memory = part(shares.memory, load.memoryTotalBytes / memoryFree);
  const weight = roundHalfEven(cpu + memory);
  // Beyond this nothing is free within the precision of the figures (and NaN is not below it).
  return weight <= Number.MAX_SAFE_INTEGER ? weight : undefined;
}

function saturatedWeight(load: NodeLoad, shares: WeightShares): number {
  const cpu = part(shares.cpu, saturatedRatio(load.cpuCapacityMhz, cpuFreeMhz(load)));
  const memory = part(shares.memory, saturatedRatio(load.memoryTotalBytes, memoryFreeOfCommitment(load)));
  return roundHalfEven(cpu + memory);
}

function saturatedRatio(capacity: number, free: number): number {
  const ratio = capacity / free;
  return free > 0 && ratio < SATURATED_RATIO ? ratio : SATURATED_RATIO;
}

// A resource that does not count must not spoil the weight with 0 · Infinity.
function part(share: number, ratio: number): number {
  return share === 0 ? 0 : share * ratio * 100;
}
