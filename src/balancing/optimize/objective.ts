import type { Assignment } from './assignment.ts';
import { at } from './element.ts';
import { unfulfilled } from './wishes.ts';

/** What makes one placement better than another, the first that differs. */
export interface Worth {
  /** Required rules broken and guests on nodes that they must leave; rules weigh more. */
  readonly unmet: number;
  /** How far the spreads are beyond what is aimed at, in half points, rounded up: less is not worth a migration. */
  readonly excess: number;
  /** Guests that are not where preferred rules want them. */
  readonly unfulfilled: number;
  /** Of the way there, in bytes. */
  readonly cost: number;
}

const HALF_POINTS = 200;
/** More than all spreads together. */
const TOO_WIDE = 1_000_000;
const ROUNDING = 1e-9;

export function worthOf(assignment: Assignment): Worth {
  return {
    unmet: assignment.unmet,
    excess: excessOf(assignment),
    unfulfilled: unfulfilledOf(assignment),
    cost: assignment.cost,
  };
}

export function isBetter(worth: Worth, than: Worth): boolean {
  if (worth.unmet !== than.unmet) return worth.unmet < than.unmet;
  if (worth.excess !== than.excess) return worth.excess < than.excess;
  if (worth.unfulfilled !== than.unfulfilled) return worth.unfulfilled < than.unfulfilled;
  return worth.cost < than.cost - 1;
}

export function isBetterWhateverItCosts(worth: Worth, than: Worth): boolean {
  return isBetter({ ...worth, cost: 0 }, { ...than, cost: 0 });
}

/** Whether nothing is left to wish for but a lower cost. */
export function isSatisfied({ unmet, excess, unfulfilled: wishes }: Omit<Worth, 'cost'>): boolean {
  return unmet === 0 && excess === 0 && wishes === 0;
}

function unfulfilledOf({ problem, place }: Assignment): number {
  return problem.wishes.wishes.reduce((sum, wish) => sum + unfulfilled(wish, place), 0);
}

export function isWithinTolerance(assignment: Assignment): boolean {
  return excessOf(assignment) === 0;
}

function excessOf(assignment: Assignment): number {
  const { resources, ceiling } = assignment.problem;
  return resources.reduce((sum, { aim }, resource) => {
    const spread = spreadOf(assignment, resource);
    const beyond = spread - aim;
    if (beyond <= ROUNDING) return sum;
    const wider = spread > ceiling + ROUNDING ? TOO_WIDE : 0;
    return sum + wider + Math.ceil(beyond * HALF_POINTS - ROUNDING);
  }, 0);
}

/** Between the highest and the lowest used share of a node that counts. */
export function spreadOf({ problem, used }: Assignment, resource: number): number {
  const { capacity, counts, resources } = problem;
  let highest = Number.NEGATIVE_INFINITY;
  let lowest = Number.POSITIVE_INFINITY;
  for (let node = 0; node < counts.length; node += 1) {
    if (counts[node] !== true) continue;
    const figure = node * resources.length + resource;
    const share = at(used, figure) / at(capacity, figure);
    if (share > highest) highest = share;
    if (share < lowest) lowest = share;
  }
  return highest > lowest ? highest - lowest : 0;
}
