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
  wanted.forEach((target, unit) => {
    if (target === at(problem.origin, unit)) return;
    units.add(unit);
    prospects.set(unit, prospectOf(unit));
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
      if (target === at(wanted, gone)) {
        units.delete(gone);
        prospects.delete(gone);
      }
      const gatherings = new Set(problem.gatherings.ofUnit[gone]);
      for (const unit of units) {
        const [from, to] = [at(place, unit), at(wanted, unit)];
        const touched = from === source || from === target || to === source || to === target;
        // Whether guests come together depends on where all of them are.
        const gathers = problem.gatherings.ofUnit[unit]?.some((each) => gatherings.has(each));
        if (touched || gathers) prospects.set(unit, prospectOf(unit));
      }
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
