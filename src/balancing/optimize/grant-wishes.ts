import { mayPlace, relocate } from './assignment.ts';
import { at } from './element.ts';
import { isBetter, type Worth, worthOf } from './objective.ts';
import type { Completion } from './step.ts';
import { unfulfilled } from './wishes.ts';

/** Moves guests to where preferred rules want them, as long as nothing that counts for more gets worse. */
export function grantWishes({ assignment, held, search }: Completion): void {
  const { problem } = assignment;
  for (const wish of problem.wishes.wishes) {
    while (unfulfilled(wish, assignment.place) > 0 && !search.isOver()) {
      let best: { readonly unit: number; readonly target: number; readonly worth: Worth } | undefined;
      const now = worthOf(assignment);
      for (const unit of wish.units) {
        if (held[unit] === 1) continue;
        const source = at(assignment.place, unit);
        search.spend(problem.nodes.length);
        for (let target = 0; target < problem.nodes.length; target += 1) {
          if (target === source || !mayPlace(assignment, unit, target)) continue;
          relocate(assignment, unit, target);
          const worth = worthOf(assignment);
          relocate(assignment, unit, source);
          if (isBetter(worth, best?.worth ?? now)) best = { unit, target, worth };
        }
      }
      if (best === undefined) break;
      relocate(assignment, best.unit, best.target);
    }
  }
}
