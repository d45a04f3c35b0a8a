import type { TargetBlock } from '../block.ts';
import { describeTargetBlock } from '../block-sentences.ts';
import type { Cluster, ClusterNode, Guest } from '../cluster.ts';
import { indexCluster } from '../cluster-index.ts';
import { skippedGuest } from '../movable-guests.ts';
import { compareNames } from '../order.ts';
import type { BalanceSettings, SkippedGuest } from '../plan.ts';
import { targetBlock, whyNotATarget } from '../target-block.ts';
import type { Assignment } from './assignment.ts';
import { at } from './element.ts';
import { sharesOf } from './spread.ts';
import { unitGuests } from './unit.ts';

/** More would not be read, and each costs a look at every node. */
const MOST_EXPLAINED = 1_000;

/**
 * Of each guest that may move, and is left where there is too much after the plan: why it goes nowhere else, by what stands
 * in the way of the node that would suit it best.
 */
export function explainLeftovers(
  cluster: Cluster,
  reached: Assignment,
  settings: BalanceSettings,
): readonly SkippedGuest[] {
  const { problem, place } = reached;
  const hot = hotNodes(reached, settings.tolerance);
  const left = problem.units
    .map((moved, unit) => ({ moved, unit }))
    .filter(({ unit }) => at(place, unit) === at(problem.origin, unit))
    .filter(({ unit }) => hot.has(at(place, unit)) || isWhereItMustNotBe(reached, unit))
    .slice(0, MOST_EXPLAINED);
  if (left.length === 0) return [];
  const after = clusterAfter(cluster, reached);
  const index = indexCluster(after, settings.placement);
  const guests = new Map(after.guests.map((guest) => [guest.vmid, guest]));
  const nodes = byFullness(after, reached);
  const receivers = new Set(
    problem.nodes.filter((node) => whyNotATarget(node, settings) === undefined).map(({ name }) => name),
  );
  return left.flatMap(({ moved, unit }) => {
    const [guest, ...companions] = unitGuests(moved).flatMap(({ vmid }) => guests.get(vmid) ?? []);
    const reason = guest && reasonOf(guest, companions, unit);
    return reason ? [guest, ...companions].map((each) => skippedGuest(each, reason.kind, reason.text)) : [];
  });

  function reasonOf(guest: Guest, companions: readonly Guest[], unit: number) {
    const misplaced = isWhereItMustNotBe(reached, unit);
    const others = nodes.filter(({ name }) => name !== guest.node);
    const receiving = others.filter(({ name }) => receivers.has(name));
    // Where no other node takes guests, the reason is why.
    const blocks = (receiving.length === 0 ? others : receiving).map((node) => ({
      node,
      block: targetBlock(guest, node, index, settings, companions),
    }));
    const suitable = misplaced ? suitableFirst(reached, unit, blocks) : blocks;
    const barred = suitable.find(({ block }) => block !== undefined);
    const isFree = blocks.some(({ block }) => block === undefined);
    if (barred?.block !== undefined && (misplaced || !isFree)) {
      return { kind: barred.block.kind, text: describeTargetBlock(barred.block, barred.node.name) };
    }
    return isFree ? NO_GAIN : undefined;
  }
}

const NO_GAIN = { kind: 'NoGain', text: describeTargetBlock({ kind: 'NoGain' }, '') } as const;

interface Blocked {
  readonly node: ClusterNode;
  readonly block: TargetBlock | undefined;
}

/** Of a unit that is to be elsewhere: first where its rules want it, last where they do not. */
function suitableFirst(reached: Assignment, unit: number, blocks: readonly Blocked[]): readonly Blocked[] {
  const { problem, gathered } = reached;
  const groups = (problem.gatherings.ofUnit[unit] ?? []).map((group) => gathered[group] ?? new Int16Array());
  const nodeOf = new Map(problem.nodes.map(({ name }, node) => [name, node]));
  const rank = ({ node, block }: Blocked) => {
    if (block?.kind === 'PinnedElsewhere' || block?.kind === 'HaNodeAffinity') return 1;
    return -groups.reduce((sum, onNode) => sum + at(onNode, nodeOf.get(node.name) ?? -1), 0);
  };
  return blocks
    .map((each) => ({ each, rank: rank(each) }))
    .sort((left, right) => left.rank - right.rank)
    .map(({ each }) => each);
}

/** Those that have more of something than the lowest and the tolerance. */
function hotNodes(reached: Assignment, tolerance: number): ReadonlySet<number> {
  const { problem } = reached;
  const hot = new Set<number>();
  problem.resources.forEach((_, resource) => {
    const shares = problem.nodes.map((__, node) => sharesOf(reached, node)[resource] ?? 0);
    const counted = shares.filter((__, node) => problem.counts[node] === true);
    const lowest = counted.reduce((least, share) => Math.min(least, share), Number.POSITIVE_INFINITY);
    shares.forEach((share, node) => {
      if (problem.counts[node] === true && share > lowest + tolerance) hot.add(node);
    });
  });
  return hot;
}

function isWhereItMustNotBe({ problem, place, apart, gathered }: Assignment, unit: number): boolean {
  const node = at(place, unit);
  if (problem.mustLeave[unit] === true && node === at(problem.origin, unit)) return true;
  const crowded = (problem.apart.ofUnit[unit] ?? []).some(
    (group) => problem.apart.groups[group]?.repaired && at(apart[group] ?? new Int16Array(), node) > 1,
  );
  return (
    crowded ||
    (problem.gatherings.ofUnit[unit] ?? []).some((group) => {
      const onNode = gathered[group] ?? new Int16Array();
      // Where most are, unless there are as many elsewhere.
      return onNode.some((count, other) => other !== node && count >= Math.max(1, at(onNode, node)));
    })
  );
}

/** As it is expected to be after the plan. */
function clusterAfter(cluster: Cluster, { problem, place, free }: Assignment): Cluster {
  const places = new Map<number, string>();
  problem.units.forEach((unit, position) => {
    const name = problem.nodes[at(place, position)]?.name;
    if (name !== undefined) for (const { vmid } of unitGuests(unit)) places.set(vmid, name);
  });
  const moreBytes = new Map(
    problem.nodes.map(({ name }, node) => [name, at(problem.room.free, node) - at(free, node)]),
  );
  return {
    ...cluster,
    guests: cluster.guests.map((guest) => {
      const node = places.get(guest.vmid);
      return node === undefined || node === guest.node ? guest : { ...guest, node };
    }),
    nodes: cluster.nodes.map((node) => {
      const more = moreBytes.get(node.name) ?? 0;
      if (more === 0 || node.availability !== 'Online') return node;
      const memoryUsedBytes = Math.max(0, node.figures.memoryUsedBytes + more);
      return { ...node, figures: { ...node.figures, memoryUsedBytes } };
    }),
  };
}

/** The emptiest first, and those that are not known last. */
function byFullness({ nodes }: Cluster, reached: Assignment): readonly ClusterNode[] {
  const fullness = new Map(
    reached.problem.nodes.map(({ name }, node) => [
      name,
      sharesOf(reached, node).reduce((most, share) => Math.max(most, share), 0),
    ]),
  );
  const fullnessOf = ({ name }: ClusterNode) => fullness.get(name) ?? Number.MAX_VALUE;
  return [...nodes].sort(
    (left, right) => fullnessOf(left) - fullnessOf(right) || compareNames(left.name, right.name),
  );
}
