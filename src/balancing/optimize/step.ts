import { type Assignment, mayPlace, relocate } from './assignment.ts';
import { at } from './element.ts';
import { exchangeReliefOf, mostReliefOf, penaltyOf, penaltyWith } from './relief.ts';
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
const FEW_EXCHANGES = 1_500;

/** Takes the step that brings the nodes closest to their windows for its cost; false when there is none. */
export function takeBestStep(completion: Completion): boolean {
  const { assignment, window } = completion;
  const { units, nodes: all } = assignment.problem;
  const penalties = Float64Array.from(all, (_, node) => penaltyOf(assignment, window, node));
  const nodes = worstFirst(penalties);
  const wide = completion.noise === 0 && units.length * all.length <= WIDE_PAIRS;
  let best: Step | undefined;
  for (const node of nodes) {
    best = better(best, bestMoveAt(completion, penalties, node));
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

function worstFirst(penalties: Float64Array): readonly number[] {
  return [...penalties.keys()]
    .filter((node) => at(penalties, node) > LEAST_RELIEF)
    .sort((left, right) => at(penalties, right) - at(penalties, left) || left - right);
}

/** The best move found so far, changed in place: there are millions of candidates. */
interface BestMove {
  unit: number;
  target: number;
  score: number;
}

/** Of guests that leave the node where it has too much, or come to it where it has too little. */
function bestMoveAt(completion: Completion, penalties: Float64Array, node: number): Step | undefined {
  const { assignment, window, search, held } = completion;
  const { place } = assignment;
  const above = isBeyond(assignment, window.high, node, 1);
  const below = isBeyond(assignment, window.low, node, -1);
  const best: BestMove = { unit: -1, target: -1, score: 0 };
  let looked = 0;
  for (let unit = 0; unit < place.length; unit += 1) {
    if (held[unit] === 1) continue;
    if (at(place, unit) === node) {
      if (above) looked += lookEverywhere(completion, penalties, unit, best);
    } else if (below) {
      looked += 1;
      lookAt(completion, penalties, unit, node, best);
    }
  }
  search.spend(looked);
  const { unit, target, score } = best;
  return unit === -1 ? undefined : { unit, target, other: undefined, score };
}

/** Gives how many candidates it has looked at. */
function lookEverywhere(
  completion: Completion,
  penalties: Float64Array,
  unit: number,
  best: BestMove,
): number {
  const { assignment, window } = completion;
  const source = at(assignment.place, unit);
  const departure = at(penalties, source) - penaltyWith(assignment, window, source, unit, -1);
  if (!mayBeBest(completion, unit, departure, best)) return 1;
  const nodes = assignment.problem.nodes.length;
  for (let target = 0; target < nodes; target += 1) {
    if (target === source) continue;
    const arrival = at(penalties, target) - penaltyWith(assignment, window, target, unit, 1);
    consider(completion, unit, target, departure + arrival, best);
  }
  return nodes;
}

function lookAt(
  completion: Completion,
  penalties: Float64Array,
  unit: number,
  target: number,
  best: BestMove,
): void {
  const { assignment, window } = completion;
  const arrival = at(penalties, target) - penaltyWith(assignment, window, target, unit, 1);
  if (arrival <= LEAST_RELIEF || !mayBeBest(completion, unit, arrival, best)) return;
  const source = at(assignment.place, unit);
  const departure = at(penalties, source) - penaltyWith(assignment, window, source, unit, -1);
  consider(completion, unit, target, departure + arrival, best);
}

/** Whether one half of a move, with the best that the other half could be, may be better than what was found. */
function mayBeBest({ assignment, window }: Completion, unit: number, half: number, best: BestMove): boolean {
  const most = half + mostReliefOf(assignment, window, unit);
  return most > LEAST_RELIEF && most > best.score * leastPrice(assignment, unit);
}

function consider(
  completion: Completion,
  unit: number,
  target: number,
  relief: number,
  best: BestMove,
): void {
  if (relief <= LEAST_RELIEF) return;
  const { assignment } = completion;
  const score = scoreOf(completion, relief, priceOf(assignment, unit, target));
  if (score <= best.score || !mayPlace(assignment, unit, target)) return;
  best.unit = unit;
  best.target = target;
  best.score = score;
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

/** Whether some resource of the node is beyond its bound, above for 1 and below for -1. */
function isBeyond(
  { problem, used }: Assignment,
  bounds: Float64Array,
  node: number,
  direction: 1 | -1,
): boolean {
  const count = problem.resources.length;
  for (let figure = node * count; figure < (node + 1) * count; figure += 1) {
    if ((at(used, figure) - at(bounds, figure)) * direction > 0) return true;
  }
  return false;
}

/** Not more than any step of the unit costs. */
function leastPrice({ problem, place }: Assignment, unit: number): number {
  const moved = at(place, unit) !== at(problem.origin, unit);
  return moved ? MOVE_COST_BYTES / 16 : at(problem.moveCost, unit);
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
