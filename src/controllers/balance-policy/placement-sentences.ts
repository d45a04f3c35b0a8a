import type { PlacementProblem, Plan } from '../../balancing/plan.ts';
import { shorten } from '../conditions.ts';

/** What a plan has to tell of the rules and drained nodes that a policy asks for. */

const NAMED = 3;
// So that each of them leaves room in a condition for the others.
const LONGEST_REASON = 200;

/** What cannot be had as it is written, rule and reason; undefined when there is nothing such. */
export function describeConflicts({ problems }: Pick<Plan, 'problems'>): string | undefined {
  const conflicts = problems.filter(({ kind }) => kind === 'Conflict');
  return conflicts.length === 0 ? undefined : `In spec.placement, ${listOf(conflicts)}.`;
}

/** Rules that name no guest: one sentence, or none. */
export function describeUnnamed({ problems }: Pick<Plan, 'problems'>): readonly string[] {
  const unnamed = problems.filter(({ kind }) => kind === 'NoGuests');
  return unnamed.length === 0 ? [] : [`In spec.placement, ${listOf(unnamed)}.`];
}

/** How much of what is required does not hold yet; undefined when all does. */
export function describeUnmet({ unmet }: Pick<Plan, 'unmet'>): string | undefined {
  if (unmet.before === 0) return undefined;
  return `Required rules broken and guests on drained nodes: ${unmet.before} now, ${unmet.after} after the plan.`;
}

function listOf(problems: readonly PlacementProblem[]): string {
  const named = problems
    .slice(0, NAMED)
    .map(({ subject, reason }) => `${subject} ${shorten(reason, LONGEST_REASON)}`);
  const more = problems.length - NAMED;
  return `${named.join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}
