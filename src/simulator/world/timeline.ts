/**
 * The simulated future: actions at points in time, run in order when time is advanced past them.
 * Nothing waits on a real timer, so the same scenario always gives the same events at the same simulated times.
 * All times are milliseconds since the epoch.
 */
export interface Timeline {
  now(): number;
  /** Runs `action` at `time`, or at the next `advanceTo` when that has passed. Returns what cancels it. */
  at(time: number, action: () => void): () => void;
  after(milliseconds: number, action: () => void): () => void;
  /** Runs everything due up to `time`. Does nothing for an earlier `time`, nor when an action calls it. */
  advanceTo(time: number): void;
  /** Calls the listener after each action, and when all are done. */
  observe(listener: () => void): void;
}

interface Entry {
  readonly due: number;
  readonly action: () => void;
}

export function createTimeline(start: number): Timeline {
  let present = start;
  let advancing = false;
  const listeners: (() => void)[] = [];
  // Invariant: sorted by due time; of equal times the one added first comes first.
  const entries: Entry[] = [];

  function at(time: number, action: () => void): () => void {
    const entry: Entry = { due: Math.max(time, present), action };
    entries.splice(firstLaterThan(entries, entry.due), 0, entry);
    return () => {
      const index = entries.indexOf(entry);
      if (index >= 0) entries.splice(index, 1);
    };
  }

  return {
    now: () => present,
    at,
    after: (milliseconds, action) => at(present + milliseconds, action),
    advanceTo(time) {
      if (advancing) return;
      advancing = true;
      for (let next = entries[0]; next && next.due <= time; next = entries[0]) {
        entries.shift();
        present = next.due;
        next.action();
        for (const listener of listeners) listener();
      }
      present = Math.max(present, time);
      for (const listener of listeners) listener();
      advancing = false;
    },
    observe: (listener) => {
      listeners.push(listener);
    },
  };
}

function firstLaterThan(entries: readonly Entry[], due: number): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const entry = entries[middle];
    if (entry && entry.due <= due) low = middle + 1;
    else high = middle;
  }
  return low;
}
