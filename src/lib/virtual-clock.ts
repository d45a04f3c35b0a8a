import type { Clock } from './clock.ts';

interface Sleeper {
  readonly due: number;
  readonly order: number;
  readonly wake: () => void;
}

/** A clock that stands still until `advance` is called. */
export interface VirtualClock extends Clock {
  /** Moves time forward, waking sleepers in the order they are due and letting each run before the next. */
  advance(milliseconds: number): Promise<void>;
  /** When the next sleeper is due (milliseconds since the epoch), if anyone sleeps. */
  nextDue(): number | undefined;
}

export function createVirtualClock(start = Date.UTC(2026, 0, 1)): VirtualClock {
  let present = start;
  let count = 0;
  // Invariant: sorted by (due, order).
  const sleepers: Sleeper[] = [];

  function insert(sleeper: Sleeper): void {
    let index = sleepers.length;
    while (index > 0 && isAfter(sleepers[index - 1], sleeper)) index -= 1;
    sleepers.splice(index, 0, sleeper);
  }

  return {
    now: () => present,
    monotonic: () => present - start,
    sleep(milliseconds, signal) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) {
          reject(signal.reason);
          return;
        }
        const onAbort = () => {
          sleepers.splice(sleepers.indexOf(sleeper), 1);
          reject(signal?.reason);
        };
        const sleeper: Sleeper = {
          due: present + Math.max(0, milliseconds),
          order: count++,
          wake: () => {
            signal?.removeEventListener('abort', onAbort);
            resolve();
          },
        };
        signal?.addEventListener('abort', onAbort, { once: true });
        insert(sleeper);
      });
    },
    async advance(milliseconds) {
      const end = present + milliseconds;
      await settle();
      for (let next = sleepers[0]; next && next.due <= end; next = sleepers[0]) {
        sleepers.shift();
        present = Math.max(present, next.due);
        next.wake();
        await settle();
      }
      present = end;
    },
    nextDue: () => sleepers[0]?.due,
  };
}

function isAfter(left: Sleeper | undefined, right: Sleeper): boolean {
  if (!left) return false;
  return left.due > right.due || (left.due === right.due && left.order > right.order);
}

// setImmediate runs after all pending promise jobs and once I/O was polled, so whoever was woken has run.
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
