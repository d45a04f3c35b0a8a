import type { VirtualClock } from '../../../src/lib/virtual-clock.ts';
import type { Traffic } from './traffic.ts';

/**
 * Lets time pass for the operator and the clusters, from one sleeper to the next and only while nothing is under way between
 * them, at most `milliseconds` and until `done`; says whether it was done.
 */
export async function passTime(
  clock: VirtualClock,
  traffic: Traffic,
  milliseconds: number,
  done: () => boolean = () => false,
): Promise<boolean> {
  const end = clock.now() + milliseconds;
  for (;;) {
    await traffic.quiet();
    if (done()) return true;
    const due = clock.nextDue();
    if (due === undefined || due > end) break;
    // Whole milliseconds: what is left of a fraction must not keep the sleeper asleep.
    await clock.advance(Math.max(0, Math.ceil(due - clock.now())));
  }
  await clock.advance(Math.max(0, end - clock.now()));
  await traffic.quiet();
  return done();
}
