import type { Cluster, Guest, OnlineNode } from '../cluster.ts';
import type { ClusterIndex } from '../cluster-index.ts';
import { isDrained, isExcludedNode } from '../exclusions.ts';
import { compareGuests, compareNames } from '../order.ts';
import type { BalanceSettings, Resource } from '../plan.ts';
import { memoryRoomBytes, whyNotATarget } from '../target-block.ts';
import { type ApartGroups, findApartGroups } from './apart-groups.ts';
import { findGatherings, type Gathering } from './gathering.ts';
import { createPermissions, type Permissions } from './permission.ts';
import { smallestSpread } from './reachable.ts';
import {
  cpuDemand,
  memoryDemandBytes,
  moveCostBytes,
  roomDemandBytes,
  type Unit,
  unitGuests,
} from './unit.ts';
import { findWishes, type Wishes } from './wishes.ts';

/** What there is of a resource that counts, and who has it: bytes, or logical CPUs. */
export interface ResourceLoad {
  readonly name: Resource;
  /** Of each node; above 0. */
  readonly capacity: Float64Array;
  /** Of each node, everything on it included. */
  readonly used: Float64Array;
  /** Of each unit. */
  readonly demand: Float64Array;
  /** How much it counts beside the others; they add up to 1. */
  readonly share: number;
  /** The largest spread to be content with: the tolerance, or a little more than what can be reached at all. */
  readonly aim: number;
}

/** The very last bit of evenness costs most and is gone with the next change of a load. */
const AIM_SLACK = 0.005;

/** A cluster as the search sees it: nodes and units by their index, plain numbers. */
export interface Problem {
  readonly nodes: readonly OnlineNode[];
  /** By node: whether its load is to be like that of the others. Nodes to be drained are not. */
  readonly counts: readonly boolean[];
  readonly units: readonly Unit[];
  /** By unit: its node. */
  readonly origin: Int16Array;
  /** By unit: whether it must not stay, because its node is drained or a pin forbids it. */
  readonly mustLeave: readonly boolean[];
  readonly moveCost: Float64Array;
  readonly room: { readonly free: Float64Array; readonly demand: Float64Array };
  /** Memory and CPU, those of weight 0 left out. */
  readonly resources: readonly ResourceLoad[];
  readonly permissions: Permissions;
  readonly apart: ApartGroups;
  readonly gatherings: readonly Gathering[];
  readonly wishes: Wishes;
}

export function posePlacement(
  cluster: Cluster,
  movable: readonly Unit[],
  index: ClusterIndex,
  settings: BalanceSettings,
): Problem {
  const nodes = cluster.nodes
    .filter((node) => node.availability === 'Online' && !isExcludedNode(node.name, settings.exclusions))
    .filter((node): node is OnlineNode => node.availability === 'Online' && hasFigures(node))
    .sort((left, right) => compareNames(left.name, right.name));
  const nodeOf = new Map(nodes.map(({ name }, at) => [name, at]));
  const units = movable
    .filter(({ guest }) => nodeOf.has(guest.node))
    .sort((left, right) => compareGuests(left.guest, right.guest));
  const names = nodes.map(({ name }) => name);
  const mayReceive = nodes.map((node) => whyNotATarget(node, settings) === undefined);
  const origin = Int16Array.from(units, ({ guest }) => nodeOf.get(guest.node) ?? 0);
  const counts = nodes.map(({ name }) => !isDrained(name, settings.placement));
  return {
    nodes,
    counts,
    units,
    origin,
    mustLeave: units.map((unit) => isMisplaced(unit, index, settings)),
    moveCost: sums(units, (guest) => moveCostBytes(guest, index)),
    room: {
      free: Float64Array.from(nodes, (node) => memoryRoomBytes(node, index, settings.placement)),
      demand: sums(units, roomDemandBytes),
    },
    resources: resourceLoads(nodes, units, settings).map((load) => {
      const reachable = smallestSpread(load, counts, mayReceive, origin);
      return { ...load, aim: Math.max(settings.tolerance, reachable + AIM_SLACK) };
    }),
    permissions: createPermissions(units, nodes, mayReceive, index),
    apart: findApartGroups(units, names, index),
    gatherings: findGatherings(units, names, index),
    wishes: findWishes(units, names, index),
  };
}

/** A node without a byte or a CPU is one whose figures are not to be trusted. */
function hasFigures({ figures }: OnlineNode): boolean {
  return figures.memoryTotalBytes > 0 && figures.cpuThreads > 0;
}

function isMisplaced({ guest, companions }: Unit, index: ClusterIndex, settings: BalanceSettings): boolean {
  if (isDrained(guest.node, settings.placement)) return true;
  return [guest, ...companions].some(({ vmid }) =>
    index.requiredRulesOf(vmid).some(({ type, nodes }) => type === 'Pin' && !nodes.includes(guest.node)),
  );
}

function sums(units: readonly Unit[], of: (guest: Guest) => number): Float64Array {
  return Float64Array.from(units, (unit) => unitGuests(unit).reduce((sum, guest) => sum + of(guest), 0));
}

function resourceLoads(
  nodes: readonly OnlineNode[],
  units: readonly Unit[],
  { weights }: BalanceSettings,
): readonly Omit<ResourceLoad, 'aim'>[] {
  const all = [
    {
      name: 'cpu',
      weight: weights.cpu,
      capacity: Float64Array.from(nodes, ({ figures }) => figures.cpuThreads),
      used: Float64Array.from(nodes, ({ figures }) => figures.cpuUsedShare * figures.cpuThreads),
      demand: sums(units, cpuDemand),
    },
    {
      name: 'memory',
      weight: weights.memory,
      capacity: Float64Array.from(nodes, ({ figures }) => figures.memoryTotalBytes),
      used: Float64Array.from(nodes, ({ figures }) => figures.memoryUsedBytes),
      demand: sums(units, memoryDemandBytes),
    },
  ] as const;
  const total = weights.cpu + weights.memory;
  return all
    .filter(({ weight }) => weight > 0)
    .map(({ weight, ...load }) => ({ ...load, share: weight / total }));
}

/** The same cluster once every unit is where `place` says. */
export function placedAnew(problem: Problem, place: Int16Array): Problem {
  const free = Float64Array.from(problem.room.free);
  const resources = problem.resources.map((load) => ({ ...load, used: Float64Array.from(load.used) }));
  place.forEach((target, unit) => {
    const source = problem.origin[unit] ?? target;
    if (source === target) return;
    shift(free, problem.room.demand[unit] ?? 0, target, source);
    for (const { used, demand } of resources) shift(used, demand[unit] ?? 0, source, target);
  });
  return {
    ...problem,
    origin: Int16Array.from(place),
    mustLeave: problem.mustLeave.map((must, unit) => must && place[unit] === problem.origin[unit]),
    room: { ...problem.room, free },
    resources,
  };
}

function shift(amounts: Float64Array, amount: number, from: number, to: number): void {
  amounts[from] = (amounts[from] ?? 0) - amount;
  amounts[to] = (amounts[to] ?? 0) + amount;
}
