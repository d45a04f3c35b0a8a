/** What a suite, or all of them, came to. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export const NOTHING: Counts = { passed: 0, failed: 0, skipped: 0 };

export function addCounts(one: Counts, other: Counts): Counts {
  return {
    passed: one.passed + other.passed,
    failed: one.failed + other.failed,
    skipped: one.skipped + other.skipped,
  };
}

/** The closing line of a test run; tools read it, so nothing may follow it. */
export function closingLine(counts: Counts): string {
  return `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`;
}

/**
 * What a mocha run came to. A run that broke off, executed no test, or exited badly although no test failed (a
 * file that does not load, an error after the last test) counts as one failure more.
 *
 * @param reported as the counts reporter wrote it, or undefined where it wrote nothing
 * @param exitCode null where a signal ended mocha
 */
export function judgeMochaRun(reported: Counts | undefined, exitCode: number | null): Counts {
  const counts = reported ?? NOTHING;
  const ranNothing = counts.passed + counts.failed + counts.skipped === 0;
  const endedBadly = exitCode !== 0 && counts.failed === 0;
  return ranNothing || endedBadly ? addCounts(counts, { ...NOTHING, failed: 1 }) : counts;
}
