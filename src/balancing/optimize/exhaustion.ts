import { someOf } from '../../lib/listing.ts';
import { percentText } from '../../lib/percent.ts';
import type { Imbalance, SkippedGuest } from '../plan.ts';

/** A plan that is too long to be made, and of which no part helps. */
interface TooLong {
  readonly needed: number;
  readonly maxMigrations: number;
}

/** Why nothing moves although something is left to do; a sentence without its period. */
export function describeExhaustion(
  imbalance: Imbalance,
  unmet: number,
  skipped: readonly SkippedGuest[],
  tooLong: TooLong | undefined,
): string {
  const beyond = imbalance.resources
    .filter(({ spread }) => spread > imbalance.tolerance)
    .map(({ name, spread }) => `${name === 'cpu' ? 'CPU' : 'memory'} is ${percentText(spread)} apart`);
  const wanting = [
    ...beyond,
    ...(unmet === 0
      ? []
      : [`${unmet} ${unmet === 1 ? 'guest is' : 'guests are'} where rules or drainNodes do not want them`]),
  ];
  if (tooLong) {
    return `Optimize finds ${tooLong.needed} migrations that help only together, and maxMigrations allows ${tooLong.maxMigrations}, though ${wanting.join(' and ')}`;
  }
  const reasons = mostFrequent(skipped);
  const why = reasons.length === 0 ? '' : `; of the guests: ${someOf(reasons)}`;
  return `Optimize finds no migration that helps, though ${wanting.join(' and ')}${why}`;
}

function mostFrequent(skipped: readonly SkippedGuest[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { reason } of skipped) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts]
    .sort(([leftReason, left], [rightReason, right]) => right - left || (leftReason < rightReason ? -1 : 1))
    .slice(0, 2)
    .map(([reason, count]) => `${count} × ${reason}`);
}
