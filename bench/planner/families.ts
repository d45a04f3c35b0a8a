import type { Disturbance } from './disturbance.ts';
import type { LoadTraits } from './guest-sizes.ts';

/** What the cases of one family have in common. */
export interface Family {
  readonly name: string;
  /** For the table's reader. */
  readonly about: string;
  readonly loads: LoadTraits;
  readonly disturbance: Disturbance;
  /** Between which the share of touched guests lies. */
  readonly shares: readonly [number, number];
  readonly reserveShare: number;
  /** The free room of a node, reserve excepted, in guests of average size: overrides the share of memory of `loads`. */
  readonly roomInGuests?: number;
  /** Rules the balanced state satisfies, and whether the disturbed one does as well. */
  readonly rules?: 'Satisfied' | 'Violated';
  /** The last node is to be emptied. */
  readonly drained?: boolean;
  /** Most guests of the first node are not to be moved. */
  readonly ignored?: boolean;
}

const USUAL: LoadTraits = { memoryShare: 0.58, cpuShare: 0.4 };

export const FAMILIES: readonly Family[] = [
  {
    name: 'equal',
    about: 'equal nodes, a quarter of them hot',
    loads: USUAL,
    disturbance: 'Hot',
    shares: [0.15, 0.5],
    reserveShare: 0.1,
  },
  {
    name: 'unequal',
    about: 'nodes of 256 to 768 GiB and 24 to 64 CPUs',
    loads: { ...USUAL, unequalNodes: true },
    disturbance: 'Hot',
    shares: [0.15, 0.5],
    reserveShare: 0.1,
  },
  {
    name: 'anticorrelated',
    about: 'one half of the nodes hot in CPU, the other in memory',
    loads: { memoryShare: 0.55, cpuShare: 0.45, anticorrelated: true },
    disturbance: 'Sorted',
    shares: [0.3, 0.8],
    reserveShare: 0.1,
  },
  {
    name: 'new-node',
    about: 'one new, empty node',
    loads: USUAL,
    disturbance: 'Emptied',
    shares: [1, 1],
    reserveShare: 0.1,
  },
  {
    name: 'huge-guest',
    about: 'one guest as large as 45 % of a node',
    loads: { ...USUAL, hugeShare: 0.45 },
    disturbance: 'Hot',
    shares: [0.15, 0.5],
    reserveShare: 0.1,
  },
  {
    name: 'ignored',
    about: 'most guests of the hot node must not be moved',
    loads: USUAL,
    disturbance: 'Hot',
    shares: [0.2, 0.5],
    reserveShare: 0.1,
    ignored: true,
  },
  {
    name: 'rules-kept',
    about: 'rules of the policy and of HA, all satisfied',
    loads: USUAL,
    disturbance: 'Hot',
    shares: [0.2, 0.5],
    reserveShare: 0.1,
    rules: 'Satisfied',
  },
  {
    name: 'rules-broken',
    about: 'rules of the policy, many violated',
    loads: USUAL,
    disturbance: 'Hot',
    shares: [0.2, 0.5],
    reserveShare: 0.1,
    rules: 'Violated',
  },
  {
    name: 'tight',
    about: 'memory evenly full, room for hardly two guests on a node, CPU out of balance',
    loads: { memoryShare: 0.9, cpuShare: 0.45 },
    roomInGuests: 1.5,
    disturbance: 'Swapped',
    shares: [0.3, 0.7],
    reserveShare: 0.02,
  },
  {
    name: 'tight-drain',
    about: 'a node to be emptied into others that have room for hardly two guests more afterwards',
    loads: { memoryShare: 0.88, cpuShare: 0.4, stopped: true },
    roomInGuests: 1.5,
    disturbance: 'Filled',
    shares: [1, 1],
    reserveShare: 0.05,
    drained: true,
  },
  {
    name: 'local-disks',
    about: 'half of the guests have disks on their node alone',
    loads: { ...USUAL, localDisks: true },
    disturbance: 'Hot',
    shares: [0.15, 0.5],
    reserveShare: 0.1,
  },
];

export function findFamily(name: string): Family {
  const family = FAMILIES.find((each) => each.name === name);
  if (family === undefined) {
    throw new Error(`There is no family ${name}, but ${FAMILIES.map((each) => each.name).join(', ')}.`);
  }
  return family;
}
