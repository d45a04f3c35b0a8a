import type { Cluster, Guest, OnlineNode } from '../cluster.ts';
import type { ClusterIndex } from '../cluster-index.ts';
import { isDrained, isExcludedNode } from '../exclusions.ts';
import { compareGuests, compareNames } from '../order.ts';
import type { BalanceSettings, Resource } from '../plan.ts';
import { memoryRoomBytes, whyNotATarget } from '../target-block.ts';
import { type ApartGroups, findApartGroups } from './apart-groups.ts';
import type { Assignment } from './assignment.ts';
import { at } from './element.ts';
import { findGatherings, type Gatherings } from './gathering.ts';
import { createPermissions, type Permissions } from './permission.ts';
import { type Load, smallestSpread } from './reachable.ts';
import {
  cpuDemand,
  memoryDemandBytes,
  moveCostBytes,
  roomDemandBytes,
  type Unit,
  unitGuests,
} from './unit.ts';
import { findWishes, type Wishes } from './wishes.ts';

/** A resource that counts: memory in bytes, CPU in logical CPUs. */
export interface CountedResource {
  readonly name: Resource;
  /** How much it counts beside the others; they add up to 1. */
  readonly share: number;
  /** The largest spread to be content with: the tolerance, or a little more than what can be reached at all. */
  readonly aim: number;
}

/** Memory in bytes. */
export interface Room {
  /** By node; negative where a node has more than it should. */
  readonly free: Float64Array;
  /** By unit: what must be free before it comes. */
  readonly demand: Float64Array;
  /** By unit: what it takes once it is there, and leaves behind when it goes. May be less. */
  readonly taken: Float64Array;
  /** By unit: whether it does not run. */
  readonly atRest: readonly boolean[];
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
  /** By unit: how many of its guests that is said of. */
  readonly misplaced: readonly number[];
  /** By unit: the rule that forbids its node, for people; undefined where none does. */
  readonly forbiddenBy: readonly (string | undefined)[];
  /** The units that must not stay. */
  readonly leavers: readonly number[];
  readonly moveCost: Float64Array;
  readonly room: Room;
  /** Those of weight 0 left out. */
  readonly resources: readonly CountedResource[];
  /** By node and resource (`node * resources.length + resource`), as the two that follow; above 0. */
  readonly capacity: Float64Array;
  /** By node and resource: everything on it included. */
  readonly used: Float64Array;
  /** By unit and resource. */
  readonly demand: Float64Array;
  /** No spread that is beyond its aim may become wider than this: what narrows one resource is not to widen the other. */
  readonly ceiling: number;
  readonly tolerance: number;
  /** By node: whether it takes guests at all. */
  readonly mayReceive: readonly boolean[];
  readonly permissions: Permissions;
  readonly apart: ApartGroups;
  readonly gatherings: Gatherings;
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
  const forbiddenBy = units.map((unit) => ruleAgainst(unit, index));
  const mustLeave = units.map(
    ({ guest }, unit) => forbiddenBy[unit] !== undefined || isDrained(guest.node, settings.placement),
  );
  const loads = resourceLoads(nodes, units, settings);
  return {
    nodes,
    counts,
    units,
    origin,
    mustLeave,
    misplaced: units.map((unit) => misplacedGuests(unit, index, settings)),
    forbiddenBy,
    leavers: unitsThat(mustLeave),
    moveCost: sums(units, (guest) => moveCostBytes(guest, index)),
    room: {
      free: Float64Array.from(nodes, (node) => memoryRoomBytes(node, index, settings.placement)),
      demand: sums(units, roomDemandBytes),
      taken: sums(units, memoryDemandBytes),
      atRest: units.map((unit) => unitGuests(unit).every(({ status }) => status === 'stopped')),
    },
    ...resourceFigures(loads),
    resources: loads.map(({ name, share, ...load }) => {
      const reachable = smallestSpread(load, counts, mayReceive, origin);
      return { name, share, aim: aimAt(reachable, settings.tolerance) };
    }),
    ceiling: Number.POSITIVE_INFINITY,
    tolerance: settings.tolerance,
    mayReceive,
    permissions: createPermissions(units, nodes, mayReceive, index),
    apart: findApartGroups(units, names, index),
    gatherings: findGatherings(units, names, index),
    wishes: findWishes(units, names, index),
  };
}

function aimAt(reachable: number, tolerance: number): number {
  return Math.max(tolerance, reachable + AIM_SLACK);
}

/** A node without a byte or a CPU is one whose figures are not to be trusted. */
function hasFigures({ figures }: OnlineNode): boolean {
  return figures.memoryTotalBytes > 0 && figures.cpuThreads > 0;
}

function ruleAgainst(unit: Unit, index: ClusterIndex): string | undefined {
  for (const guest of unitGuests(unit)) {
    const rule = ruleAgainstGuest(guest, index);
    if (rule !== undefined) return rule;
  }
  return undefined;
}

/** A pin of the policy, or a strict rule of HA, which would have moved the guest by itself if it could. */
function ruleAgainstGuest({ vmid, node, ha }: Guest, index: ClusterIndex): string | undefined {
  const pin = index.requiredRulesOf(vmid).find(({ type, nodes }) => type === 'Pin' && !nodes.includes(node));
  if (pin) return `rule '${pin.name}'`;
  if (ha === undefined) return undefined;
  const affinity = index.rulesOf(vmid).find((rule) => {
    if (rule.kind !== 'NodeAffinity' || !rule.strict) return false;
    return rule.nodes.some(({ name }) => name === node) === (rule.affinity === 'Negative');
  });
  return affinity && `HA rule '${affinity.name}'`;
}

function misplacedGuests(unit: Unit, index: ClusterIndex, { placement }: BalanceSettings): number {
  const guests = unitGuests(unit);
  if (isDrained(unit.guest.node, placement)) return guests.length;
  return guests.filter((guest) => ruleAgainstGuest(guest, index) !== undefined).length;
}

function unitsThat(must: readonly boolean[]): readonly number[] {
  return must.flatMap((each, unit) => (each ? [unit] : []));
}

function sums(units: readonly Unit[], of: (guest: Guest) => number): Float64Array {
  return Float64Array.from(units, (unit) => unitGuests(unit).reduce((sum, guest) => sum + of(guest), 0));
}

interface ResourceLoad extends Omit<CountedResource, 'aim'>, Load {}

function resourceLoads(
  nodes: readonly OnlineNode[],
  units: readonly Unit[],
  { weights }: BalanceSettings,
): readonly ResourceLoad[] {
  const total = weights.cpu + weights.memory;
  const cpu: ResourceLoad = {
    name: 'cpu',
    share: weights.cpu / total,
    capacity: Float64Array.from(nodes, ({ figures }) => figures.cpuThreads),
    used: Float64Array.from(nodes, ({ figures }) => figures.cpuUsedShare * figures.cpuThreads),
    demand: sums(units, cpuDemand),
  };
  const memory: ResourceLoad = {
    name: 'memory',
    share: weights.memory / total,
    capacity: Float64Array.from(nodes, ({ figures }) => figures.memoryTotalBytes),
    used: Float64Array.from(nodes, ({ figures }) => figures.memoryUsedBytes),
    demand: sums(units, memoryDemandBytes),
  };
  return [cpu, memory].filter(({ share }) => share > 0);
}

function resourceFigures(loads: readonly ResourceLoad[]): Pick<Problem, 'capacity' | 'used' | 'demand'> {
  return {
    capacity: interleaved(loads.map(({ capacity }) => capacity)),
    used: interleaved(loads.map(({ used }) => used)),
    demand: interleaved(loads.map(({ demand }) => demand)),
  };
}

function interleaved(columns: readonly Float64Array[]): Float64Array {
  const length = columns[0]?.length ?? 0;
  const values = new Float64Array(length * columns.length);
  columns.forEach((column, at) => {
    column.forEach((value, row) => {
      values[row * columns.length + at] = value;
    });
  });
  return values;
}

/**
 * The same, without counting on what must leave nodes that do not count and is there still: what may be reached without it
 * is another matter than what may be with it.
 */
export function withoutLeavers(problem: Problem): Problem {
  const { capacity, used, demand, resources, counts, mayReceive, origin, tolerance } = problem;
  const stays = (unit: number) => counts[at(origin, unit)] !== true;
  const column = (figures: Float64Array, resource: number) =>
    figures.filter((_, figure) => figure % resources.length === resource);
  return {
    ...problem,
    resources: resources.map(({ name, share }, resource) => {
      const load = {
        capacity: column(capacity, resource),
        used: column(used, resource),
        demand: column(demand, resource).map((amount, unit) => (stays(unit) ? 0 : amount)),
      };
      return { name, share, aim: aimAt(smallestSpread(load, counts, mayReceive, origin), tolerance) };
    }),
  };
}

/** Whether something that must leave is on a node that does not count. */
export function hasLeaversBeside({ leavers, counts, origin }: Problem): boolean {
  return leavers.some((unit) => counts[at(origin, unit)] !== true);
}

/** The same cluster once every unit is where `place` says. */
export function placedAnew(problem: Problem, reached: Assignment): Problem {
  const { place, used, free } = reached;
  const mustLeave = problem.mustLeave.map((must, unit) => must && place[unit] === problem.origin[unit]);
  return {
    ...problem,
    origin: Int16Array.from(place),
    mustLeave,
    leavers: unitsThat(mustLeave),
    room: { ...problem.room, free: Float64Array.from(free) },
    used: Float64Array.from(used),
  };
}
