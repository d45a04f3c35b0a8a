import { mayPlace, relocate } from './assignment.ts';
import { placeByEjection } from './ejection.ts';
import { at } from './element.ts';
import { grantWishes } from './grant-wishes.ts';
import { isWithinTolerance } from './objective.ts';
import { reliefOf } from './relief.ts';
import { type Completion, takeBestStep } from './step.ts';

/** Completes a placement: first what must not stay as it is, then balance, then wishes, one greedy step after the other. */
export function complete(completion: Completion): void {
  placeMisplaced(completion);
  partCrowds(completion);
  while (!isWithinTolerance(completion.assignment) && !completion.search.isOver()) {
    if (!takeBestStep(completion)) break;
  }
  grantWishes(completion);
}

/** The largest first: they find the fewest places. */
function placeMisplaced(completion: Completion): void {
  const { assignment, held, search } = completion;
  const { problem, place } = assignment;
  const leaving = problem.leavers
    .filter((unit) => held[unit] !== 1 && at(place, unit) === at(problem.origin, unit))
    .sort((left, right) => at(problem.room.demand, right) - at(problem.room.demand, left) || left - right);
  for (const unit of leaving) {
    const target = bestTarget(completion, unit);
    if (target !== undefined) relocate(assignment, unit, target);
    else if (!search.isStopped()) placeByEjection(assignment, unit, held);
  }
}

/** Parts guests that required rules keep apart, until no node has two or none of them can go anywhere. */
function partCrowds(completion: Completion): void {
  const { assignment, held } = completion;
  const { problem, place } = assignment;
  problem.apart.groups.forEach(({ repaired, units }, group) => {
    if (!repaired) return;
    for (;;) {
      const counts = assignment.apart[group];
      if (counts === undefined) return;
      let best: { readonly unit: number; readonly target: number; readonly score: number } | undefined;
      for (const unit of units) {
        if (held[unit] === 1 || at(counts, at(place, unit)) < 2) continue;
        const target = bestTarget(completion, unit);
        if (target === undefined) continue;
        const score =
          reliefOf(assignment, completion.window, unit, target) -
          costInRelief(completion, at(problem.moveCost, unit));
        if (best === undefined || score > best.score) best = { unit, target, score };
      }
      if (best === undefined) return;
      relocate(assignment, best.unit, best.target);
    }
  });
}

/** Where the unit may go and helps the balance most, or hurts it least. */
function bestTarget({ assignment, window, search, noise }: Completion, unit: number): number | undefined {
  const { problem, place } = assignment;
  let best: number | undefined;
  let most = Number.NEGATIVE_INFINITY;
  search.spend(problem.nodes.length);
  for (let target = 0; target < problem.nodes.length; target += 1) {
    if (target === at(place, unit) || target === at(problem.origin, unit)) continue;
    const relief = reliefOf(assignment, window, unit, target);
    const score = noise === 0 ? relief : relief + Math.abs(relief) * noise * (search.random() - 0.5);
    if (score <= most || !mayPlace(assignment, unit, target)) continue;
    most = score;
    best = target;
  }
  return best;
}

/** A cost as the relief that it should bring: what moving as much memory from above its window to below brings. */
function costInRelief({ assignment, window }: Completion, cost: number): number {
  const memory = assignment.problem.resources.findIndex(({ name }) => name === 'memory');
  return memory === -1 ? 0 : 2 * cost * at(window.weight, memory);
}
