import { mock } from 'node:test';

/**
 * Runs `work` while `setTimeout` of this process stands still but for what `work` lets pass: a time limit then ends at a moment
 * of the test's choice, and however slow the machine is, none ends before. Connections go on as always.
 */
export async function withHeldTimers<T>(
  work: (pass: (milliseconds: number) => void) => Promise<T>,
): Promise<T> {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    return await work((milliseconds) => {
      mock.timers.tick(milliseconds);
      // got acts on a limit one timer later.
      mock.timers.tick(1);
    });
  } finally {
    mock.timers.reset();
  }
}
