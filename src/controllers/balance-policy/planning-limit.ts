import type { PlanningOptions } from '../../balancing/planner.ts';
import type { Clock } from '../../lib/clock.ts';

/** Nothing else happens meanwhile, the renewal of the lease included, which may take 10 s. */
const PLANNING_MS = 5_000;

/** Gives the search for a plan some seconds; then the best one found so far is made. */
export function planningLimit(clock: Pick<Clock, 'monotonic'>): PlanningOptions {
  const end = clock.monotonic() + PLANNING_MS;
  return { shouldStop: () => clock.monotonic() >= end };
}
