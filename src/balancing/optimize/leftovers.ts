import { describeTargetBlock } from '../block-sentences.ts';
import type { Cluster, Guest, OnlineNode } from '../cluster.ts';
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
 * in the way of the emptiest node.
 */
export function explainLeftovers(
  cluster: Cluster,
  reached: Assignment,
  settings: BalanceSettings,
): readonly SkippedGuest[] {
  const hot = hotNodes(reached, settings.tolerance);
  const left = reached.problem.units
    .map((_, unit) => unit)
    .filter((unit) => hot.has(at(reached.place, unit)) || isWhereItMustNotBe(reached, unit))
    .slice(0, MOST_EXPLAINED);
  if (left.length === 0) return [];
  const after = clusterAfter(cluster, reached);
  const index = indexCluster(after, settings.placement);
  const guests = new Map(after.guests.map((guest) => [guest.vmid, guest]));
  const targets = byFullness(after, reached, settings);
  return left.flatMap((unit) => {
    const guest = guests.get(reached.problem.units[unit]?.guest.vmid ?? -1);
    const found = guest && reasonOf(guest);
    return found ? [found] : [];
  });

  function reasonOf(guest: Guest): SkippedGuest | undefined {
    const others = targets.filter(({ name }) => name !== guest.node);
    const blocks = others.map((node) => ({ node, block: targetBlock(guest, node, index, settings) }));
    const free = blocks.find(({ block }) => block === undefined);
    const first = blocks[0];
    const block = free ? ({ kind: 'NoGain' } as const) : first?.block;
    const node = free?.node ?? first?.node;
    if (block === undefined || node === undefined) return undefined;
    return skippedGuest(guest, block.kind, describeTargetBlock(block, node.name));
  }
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
      return at(onNode, node) < Math.max(...onNode);
    })
  );
}

/** As it is expected to be after the plan. */
function clusterAfter(cluster: Cluster, { problem, place, used }: Assignment): Cluster {
  const places = new Map<number, string>();
  problem.units.forEach((unit, position) => {
    const name = problem.nodes[at(place, position)]?.name;
    if (name !== undefined) for (const { vmid } of unitGuests(unit)) places.set(vmid, name);
  });
  const memory = problem.resources.findIndex(({ name }) => name === 'memory');
  const usedBytes = new Map(
    problem.nodes.map(({ name }, node) => [name, at(used, node * problem.resources.length + memory)]),
  );
  return {
    ...cluster,
    guests: cluster.guests.map((guest) => {
      const node = places.get(guest.vmid);
      return node === undefined || node === guest.node ? guest : { ...guest, node };
    }),
    nodes: cluster.nodes.map((node) => {
      const bytes = memory === -1 ? undefined : usedBytes.get(node.name);
      if (bytes === undefined || node.availability !== 'Online') return node;
      return { ...node, figures: { ...node.figures, memoryUsedBytes: Math.max(0, bytes) } };
    }),
  };
}

/** The emptiest first. */
function byFullness(
  { nodes }: Cluster,
  reached: Assignment,
  settings: BalanceSettings,
): readonly OnlineNode[] {
  const fullness = new Map(
    reached.problem.nodes.map(({ name }, node) => [
      name,
      sharesOf(reached, node).reduce((most, share) => Math.max(most, share), 0),
    ]),
  );
  return nodes
    .filter((node): node is OnlineNode => node.availability === 'Online' && fullness.has(node.name))
    .filter((node) => whyNotATarget(node, settings) === undefined)
    .sort(
      (left, right) =>
        (fullness.get(left.name) ?? 0) - (fullness.get(right.name) ?? 0) ||
        compareNames(left.name, right.name),
    );
}
