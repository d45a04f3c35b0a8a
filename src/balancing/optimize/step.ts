import { type Assignment, at, mayPlace, relocate } from './assignment.ts';
import { exchangeReliefOf, penaltyOf, reliefOf } from './relief.ts';
import type { Search } from './search.ts';
import { MOVE_COST_BYTES } from './unit.ts';
import type { Window } from './window.ts';

/** What the greedy completion of a placement works with. */
export interface Completion {
  readonly assignment: Assignment;
  readonly window: Window;
  readonly search: Search;
  /** By unit: 1 where it stays as it is placed. */
  readonly held: Uint8Array;
  /** How much chance has a say in a choice, 0 to 1. */
  readonly noise: number;
}

interface Step {
  readonly unit: number;
  readonly target: number;
  /** Undefined for a move; for an exchange the unit that comes back. */
  readonly other: number | undefined;
  readonly score: number;
}

/** Less relief than this is none: rounding. */
const LEAST_RELIEF = 1e-9;
/** Above this many pairs of unit and node, steps are looked for at the worst node only. */
const WIDE_PAIRS = 3_000;
/** Exchanges are looked for among at most this many pairs at one node. */
const MOST_EXCHANGES = 60_000;
/** And this many in a search with chance, which comes by again. */
const FEW_EXCHANGES = 1500;

/** Takes the step that brings the nodes closest to their windows for its cost; false when there is none. */
export function takeBestStep(completion: Completion): boolean {
  const nodes = nodesOutside(completion);
  const { units, nodes: all } = completion.assignment.problem;
  const wide = units.length * all.length <= WIDE_PAIRS;
  let best: Step | undefined;
  for (const node of nodes) {
    best = better(best, bestMoveAt(completion, node));
    if (best !== undefined && !wide) break;
  }
  if (best === undefined) {
    for (const node of nodes) {
      best = better(best, bestExchangeAt(completion, node));
      if (best !== undefined) break;
    }
  }
  if (best === undefined) return false;
  take(completion.assignment, best);
  return true;
}

function take(assignment: Assignment, { unit, target, other }: Step): void {
  const source = at(assignment.place, unit);
  relocate(assignment, unit, target);
  if (other !== undefined) relocate(assignment, other, source);
}

/** The worst first. */
function nodesOutside({ assignment, window }: Completion): readonly number[] {
  return assignment.problem.nodes
    .map((_, node) => ({ node, penalty: penaltyOf(assignment, window, node) }))
    .filter(({ penalty }) => penalty > LEAST_RELIEF)
    .sort((left, right) => right.penalty - left.penalty || left.node - right.node)
    .map(({ node }) => node);
}

function bestMoveAt(completion: Completion, node: number): Step | undefined {
  const { assignment, window, search, held } = completion;
  const { problem, place } = assignment;
  const above = isBeyond(assignment, window.high, node, 1);
  const below = isBeyond(assignment, window.low, node, -1);
  let best: Step | undefined;
  let looked = 0;
  for (let unit = 0; unit < place.length; unit += 1) {
    if (held[unit] === 1) continue;
    if (at(place, unit) === node) {
      if (!above) continue;
      looked += problem.nodes.length;
      for (let target = 0; target < problem.nodes.length; target += 1) {
        if (target !== node) best = betterMove(completion, best, unit, target);
      }
    } else if (below) {
      looked += 1;
      best = betterMove(completion, best, unit, node);
    }
  }
  search.spend(looked);
  return best;
}

function betterMove(
  completion: Completion,
  best: Step | undefined,
  unit: number,
  target: number,
): Step | undefined {
  const { assignment, window } = completion;
  const relief = reliefOf(assignment, window, unit, target);
  if (relief <= LEAST_RELIEF) return best;
  const score = scoreOf(completion, relief, priceOf(assignment, unit, target));
  if (best !== undefined && score <= best.score) return best;
  return mayPlace(assignment, unit, target) ? { unit, target, other: undefined, score } : best;
}

function bestExchangeAt(completion: Completion, node: number): Step | undefined {
  const { assignment, window, search, held } = completion;
  const { place } = assignment;
  const here: number[] = [];
  const elsewhere: number[] = [];
  for (let unit = 0; unit < place.length; unit += 1) {
    if (held[unit] !== 1) (at(place, unit) === node ? here : elsewhere).push(unit);
  }
  const pairs = here.length * elsewhere.length;
  if (pairs > (completion.noise === 0 ? MOST_EXCHANGES : FEW_EXCHANGES)) return undefined;
  let best: Step | undefined;
  search.spend(pairs);
  for (const unit of here) {
    for (const other of elsewhere) {
      const relief = exchangeReliefOf(assignment, window, unit, other);
      if (relief <= LEAST_RELIEF) continue;
      const target = at(place, other);
      const price = priceOf(assignment, unit, target) + priceOf(assignment, other, node);
      const score = scoreOf(completion, relief, price);
      if (best !== undefined && score <= best.score) continue;
      if (mayExchange(assignment, unit, other)) best = { unit, target, other, score };
    }
  }
  return best;
}

/** Whether both may be where the other is, once both are gone. */
function mayExchange(assignment: Assignment, unit: number, other: number): boolean {
  const source = at(assignment.place, unit);
  const target = at(assignment.place, other);
  const cost = assignment.cost;
  if (!assignment.problem.permissions.mayGo(unit, target) && at(assignment.problem.origin, unit) !== target)
    return false;
  // Out of the way, so that each finds the room that the other leaves.
  relocate(assignment, other, source);
  const fits = mayPlace(assignment, unit, target);
  relocate(assignment, unit, target);
  relocate(assignment, other, target);
  const fitsToo = mayPlace(assignment, other, source);
  relocate(assignment, unit, source);
  assignment.cost = cost;
  return fits && fitsToo;
}

function isBeyond(
  { used }: Assignment,
  bounds: readonly Float64Array[],
  node: number,
  direction: 1 | -1,
): boolean {
  return used.some((amounts, resource) => {
    const bound = bounds[resource];
    return bound !== undefined && (at(amounts, node) - at(bound, node)) * direction > 0;
  });
}

/** What a step adds to the cost of the way; something also where it makes it cheaper, for a step is a step. */
function priceOf({ problem, place }: Assignment, unit: number, target: number): number {
  const home = at(problem.origin, unit);
  const cost = at(problem.moveCost, unit);
  if (target === home) return MOVE_COST_BYTES / 16;
  return at(place, unit) === home ? cost : MOVE_COST_BYTES / 4;
}

function scoreOf({ noise, search }: Completion, relief: number, price: number): number {
  return (relief / price) * (noise === 0 ? 1 : 1 - noise * search.random());
}

function better(best: Step | undefined, other: Step | undefined): Step | undefined {
  if (best === undefined || other === undefined) return best ?? other;
  return other.score > best.score ? other : best;
}
