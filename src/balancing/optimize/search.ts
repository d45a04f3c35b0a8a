import type { Problem } from './problem.ts';
import { createRandom, type Random } from './random.ts';

/** How much one planning may look at, and what it draws its numbers from. */
export interface Search {
  readonly random: Random;
  /** Counts candidates that were looked at. */
  spend(candidates: number): void;
  /** Whether nothing more is to be tried; what was found so far is used. */
  isOver(): boolean;
}

/** Candidates after which the search for something better ends: the same plan on a slow machine as on a fast one. */
const CANDIDATES = 800_000;

/** @param shouldStop For clusters so large that even the first placement takes too long. Plans then depend on the machine. */
export function createSearch({ units, nodes }: Problem, shouldStop: () => boolean): Search {
  let left = CANDIDATES + 20 * units.length * nodes.length;
  let stopped = false;
  return {
    random: createRandom(),
    spend(candidates) {
      left -= candidates;
      stopped ||= shouldStop();
    },
    isOver: () => stopped || left <= 0,
  };
}
