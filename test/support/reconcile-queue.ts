import type { ReconcileResult } from '../../src/kubernetes/controller.ts';
import { exponentialBackoff } from '../../src/lib/backoff.ts';
import type { Clock } from '../../src/lib/clock.ts';

/** Who is to be reconciled when, for tests that do it themselves: each key once, at its earliest time. */
export interface ReconcileQueue {
  /** It is due now. */
  add(key: string): void;
  /** It is due when this result of its reconciliation says so, if ever. */
  schedule(key: string, result: ReconcileResult): void;
  /** Who is next, and when, in elapsed time. */
  next(): readonly [string, number] | undefined;
  delete(key: string): void;
  clear(): void;
}

export function createReconcileQueue(clock: Clock): ReconcileQueue {
  const due = new Map<string, number>();
  const failures = new Map<string, number>();

  function pause(key: string): number {
    const count = failures.get(key) ?? 0;
    failures.set(key, count + 1);
    return exponentialBackoff(count, 1_000, 60_000);
  }

  return {
    add(key) {
      due.set(key, clock.monotonic());
    },
    schedule(key, result) {
      if (result.kind !== 'Retry') failures.delete(key);
      const milliseconds =
        result.kind === 'Done'
          ? undefined
          : result.kind === 'RequeueAfter'
            ? result.milliseconds
            : pause(key);
      if (milliseconds === undefined) return;
      due.set(key, Math.min(due.get(key) ?? Number.POSITIVE_INFINITY, clock.monotonic() + milliseconds));
    },
    next: () => [...due].toSorted((left, right) => left[1] - right[1])[0],
    delete(key) {
      due.delete(key);
    },
    clear() {
      due.clear();
      failures.clear();
    },
  };
}
