/** What a suite, or all of them, came to. */
export interface Counts {
  readonly passed: number;
  /** For each failure what failed, and with what message. */
  readonly failures: readonly string[];
  readonly skipped: number;
}

export const NOTHING: Counts = { passed: 0, failures: [], skipped: 0 };

export function addCounts(one: Counts, other: Counts): Counts {
  return {
    passed: one.passed + other.passed,
    failures: [...one.failures, ...other.failures],
    skipped: one.skipped + other.skipped,
  };
}

/** The closing line of a test run; tools read it, so nothing may follow it. */
export function closingLine({ passed, failures, skipped }: Counts): string {
  return `${passed} passed, ${failures.length} failed, ${skipped} skipped`;
}

const MAX_FAILURE_LENGTH = 500;

/** The start of every failure again, for the end of a run: of a long log often only the end reaches a reader. */
export function failureLines({ failures }: Counts): string[] {
  return failures.map((failure) => `FAILED: ${failure.slice(0, MAX_FAILURE_LENGTH)}`);
}

/**
 * What a mocha run came to. A run that broke off, executed no test, or exited badly although no test failed (a
 * file that does not load, an error after the last test) counts as one failure more.
 *
 * @param reported as the counts reporter wrote it, or undefined where it wrote nothing
 * @param exitCode null where a signal ended mocha
 */
export function judgeMochaRun(reported: Counts | undefined, exitCode: number | null): Counts {
  if (reported === undefined) return { ...NOTHING, failures: ['mocha broke off'] };
  if (reported.failures.length > 0) return reported;
  if (reported.passed + reported.skipped === 0) return { ...NOTHING, failures: ['no test ran'] };
  if (exitCode === 0) return reported;
  return { ...reported, failures: [`mocha ended badly after its last test: exit code ${exitCode}`] };
}
