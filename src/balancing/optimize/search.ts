import { createRandom, type Random } from './random.ts';

/** How much one planning may look at, and what it draws its numbers from. */
export interface Search {
  readonly random: Random;
  /**
   * The same search anew, on where the first leads: it finds what a later planning would find there.
   */
  again(): Search;
  /** From here on so many candidates may be looked at. Counted, not timed: the same plan on a slow machine as on a fast one. */
  allow(candidates: number): void;
  spend(candidates: number): void;
  /** Whether nothing more is to be tried; what was found so far is used. */
  isOver(): boolean;
  /** Whether it was told to stop, so that not even another search is to be begun. */
  isStopped(): boolean;
}

/** @param shouldStop For clusters so large that even the first placement takes too long. Plans then depend on the machine. */
export function createSearch(shouldStop: () => boolean): Search {
  let left = Number.POSITIVE_INFINITY;
  let stopped = false;
  return {
    random: createRandom(),
    again: () => createSearch(() => stopped || shouldStop()),
    allow(candidates) {
      left = candidates;
    },
    spend(candidates) {
      left -= candidates;
      stopped ||= shouldStop();
    },
    isOver: () => stopped || left <= 0,
    isStopped() {
      stopped ||= shouldStop();
      return stopped;
    },
  };
}
