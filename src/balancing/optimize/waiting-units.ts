import { type Assignment, gatheredWith, hasRoom, isApart, unmetChange } from './assignment.ts';
import { at } from './element.ts';
import { scatteredBy } from './membership.ts';
import { reliefOf } from './relief.ts';
import type { Window } from './window.ts';

/** Units that are not yet where they are wanted, with what their step would do as things are. */
export interface WaitingUnits {
  readonly units: ReadonlySet<number>;
  /** Of those that can go now the one that helps most: rules and drained nodes first, then the balance. */
  next(): number | undefined;
  /** A unit went from one node to the other, where it is wanted or not. */
  moved(unit: number, source: number, target: number): void;
}

interface Prospect {
  possible: boolean;
  repairs: number;
  relief: number;
}

/** Looks only at those again that a step may have changed something for: a large plan has thousands. */
export function createWaitingUnits(reached: Assignment, wanted: Int16Array, window: Window): WaitingUnits {
  const { problem, place } = reached;
  const prospects = new Map<number, Prospect>();
  const units = new Set<number>();
  // Of those that wait: who is on a node or wanted there, and who is in a gathering.
  const byNode = problem.nodes.map(() => new Set<number>());
  const byGathering = problem.gatherings.groups.map(() => new Set<number>());
  wanted.forEach((target, unit) => {
    if (target === at(problem.origin, unit)) return;
    units.add(unit);
    prospects.set(unit, prospectOf(unit));
    byNode[at(place, unit)]?.add(unit);
    byNode[target]?.add(unit);
    for (const group of problem.gatherings.ofUnit[unit] ?? []) byGathering[group]?.add(unit);
  });

  function prospectOf(unit: number): Prospect {
    const target = at(wanted, unit);
    return {
      possible: mayStep(reached, unit, target),
      repairs: -unmetChange(reached, unit, target),
      relief: reliefOf(reached, window, unit, target),
    };
  }

  return {
    units,
    next() {
      let best: number | undefined;
      let most: Prospect | undefined;
      for (const [unit, prospect] of prospects) {
        if (!prospect.possible || (most !== undefined && !isMore(prospect, most))) continue;
        best = unit;
        most = prospect;
      }
      return best;
    },
    moved(gone, source, target) {
      byNode[source]?.delete(gone);
      if (target === at(wanted, gone)) {
        units.delete(gone);
        prospects.delete(gone);
        byNode[target]?.delete(gone);
      } else {
        byNode[target]?.add(gone);
      }
      const affected = new Set([...(byNode[source] ?? []), ...(byNode[target] ?? [])]);
      // Whether guests come together depends on where all of them are.
      for (const group of problem.gatherings.ofUnit[gone] ?? []) {
        for (const unit of byGathering[group] ?? []) affected.add(unit);
      }
      for (const unit of affected) if (units.has(unit)) prospects.set(unit, prospectOf(unit));
    },
  };
}

function isMore(one: Prospect, than: Prospect): boolean {
  return one.repairs !== than.repairs ? one.repairs > than.repairs : one.relief > than.relief;
}

/** Whether the unit can go to the node now without breaking anything on the way. */
export function mayStep(reached: Assignment, unit: number, target: number): boolean {
  const { problem, place } = reached;
  return (
    hasRoom(reached, unit, target) &&
    problem.permissions.mayGoOn(unit, at(place, unit), target) &&
    isApart(reached, unit, target) &&
    staysTogether(reached, unit, target)
  );
}

function staysTogether({ problem, place, gathered }: Assignment, unit: number, target: number): boolean {
  const source = at(place, unit);
  return (problem.gatherings.ofUnit[unit] ?? []).every((group) => {
    const onNode = gathered[group];
    return (
      onNode === undefined || scatteredBy(onNode, gatheredWith(problem, group, unit), source, target) <= 0
    );
  });
}
