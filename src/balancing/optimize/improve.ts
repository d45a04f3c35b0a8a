import { type Assignment, cloneAssignment, copyAssignment, mayPlace, relocate } from './assignment.ts';
import { complete } from './complete.ts';
import { at } from './element.ts';
import { isBetter, type Worth, worthOf } from './objective.ts';
import { randomBelow } from './random.ts';
import type { Search } from './search.ts';
import type { Windows } from './window.ts';

/** Moves taken back at a time, at most. */
const MOST_TAKEN_BACK = 6;
const NOISE = 0.5;
/** How often a try begins by putting a few units anywhere, and how many at most. */
const SHAKEN = 0.15;
const MOST_SHAKEN = 3;
/** For each move of the placement: after so many tries without success nothing more is to be expected. */
const VAIN_TRIES = 100;

/**
 * Looks for a better placement by taking some moves back and completing the rest anew, over and over, and keeps what is
 * better. `best` is changed in place.
 */
export function improve(best: Assignment, held: Uint8Array, windows: Windows, search: Search): void {
  let worth = worthOf(best);
  const trial = cloneAssignment(best);
  const holding = new Uint8Array(held.length);
  let vain = 0;
  while (!search.isOver()) {
    const moved = movedUnits(trial);
    if (vain > VAIN_TRIES * (1 + moved.length)) return;
    vain += 1;
    // What a try costs beside its candidates.
    search.spend(held.length + 10 * best.problem.nodes.length);
    holding.set(held);
    if (moved.length > 0) takeBack(trial, moved, holding, search);
    if (moved.length === 0 || search.random() < SHAKEN) shake(trial, holding, search);
    complete({
      assignment: trial,
      window: search.random() < 0.5 ? windows.best : windows.shifted(search.random),
      search,
      held: holding,
      noise: NOISE,
    });
    prune(trial, held, search);
    const found = worthOf(trial);
    if (isBetter(found, worth)) {
      worth = found;
      vain = 0;
      copyAssignment(trial, best);
    } else {
      copyAssignment(best, trial);
    }
  }
}

function movedUnits({ problem, place }: Assignment): readonly number[] {
  const moved: number[] = [];
  for (let unit = 0; unit < place.length; unit += 1) {
    if (at(place, unit) !== at(problem.origin, unit)) moved.push(unit);
  }
  return moved;
}

/** Puts a few units anywhere they may be, and keeps them there: what no single step leads to may begin with a bad one. */
function shake(trial: Assignment, holding: Uint8Array, { random }: Search): void {
  const { problem, place } = trial;
  if (place.length === 0) return;
  const count = 1 + randomBelow(MOST_SHAKEN, random);
  for (let draw = 0; draw < count; draw += 1) {
    const unit = randomBelow(place.length, random);
    const target = randomBelow(problem.nodes.length, random);
    if (holding[unit] === 1 || !mayPlace(trial, unit, target)) continue;
    relocate(trial, unit, target);
    holding[unit] = 1;
  }
}

/** Puts some moved units back, those of one node together, and keeps some of them from being moved again. */
function takeBack(
  trial: Assignment,
  moved: readonly number[],
  holding: Uint8Array,
  { random, spend }: Search,
): void {
  const { problem, place } = trial;
  const count = 1 + randomBelow(Math.min(MOST_TAKEN_BACK, moved.length), random);
  const seed = moved[randomBelow(moved.length, random)] ?? 0;
  const bySource = random() < 0.5;
  const nodeOf = (unit: number) => at(bySource ? problem.origin : place, unit);
  const together = random() < 0.7 ? moved.filter((unit) => nodeOf(unit) === nodeOf(seed)) : moved;
  spend(moved.length);
  const chosen = new Set([seed]);
  for (let draw = 1; draw < count; draw += 1) {
    const unit = together[randomBelow(together.length, random)];
    if (unit !== undefined) chosen.add(unit);
  }
  for (const unit of chosen) {
    const must = problem.mustLeave[unit] === true;
    if (holding[unit] === 1 || !(must || mayPlace(trial, unit, at(problem.origin, unit)))) continue;
    relocate(trial, unit, at(problem.origin, unit));
    if (!must && random() < 0.5) holding[unit] = 1;
  }
}

/** Takes back every move that nothing is lost without, the dearest first. */
export function prune(trial: Assignment, held: Uint8Array, search: Search): void {
  const { problem, place } = trial;
  const moved = [...movedUnits(trial)].sort(
    (left, right) => at(problem.moveCost, right) - at(problem.moveCost, left) || left - right,
  );
  let worth: Worth = worthOf(trial);
  for (const unit of moved) {
    const home = at(problem.origin, unit);
    const target = at(place, unit);
    if (held[unit] === 1 || problem.mustLeave[unit] === true || !mayPlace(trial, unit, home)) continue;
    search.spend(problem.nodes.length);
    relocate(trial, unit, home);
    const without = worthOf(trial);
    if (isBetter(without, worth)) worth = without;
    else relocate(trial, unit, target);
  }
}
