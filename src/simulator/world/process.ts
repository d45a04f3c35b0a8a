import type { Timeline } from './timeline.ts';

/** Begins to wait and calls `resume` once when it is over; returns what gives up waiting. Never resumes at once. */
export type Wait = (resume: () => void) => () => void;

/** Something that takes simulated time, written as a generator that yields what it waits for. */
export type Process = Generator<Wait, void, void>;

export interface RunningProcess {
  /** Ends it where it waits. Its `finally` blocks run, `ended` is not called. */
  stop(): void;
}

export function delay(timeline: Timeline, milliseconds: number): Wait {
  return (resume) => timeline.after(milliseconds, resume);
}

/** Over when the first of `waits` is. */
export function firstOf(...waits: readonly Wait[]): Wait {
  return (resume) => {
    const cancels: (() => void)[] = [];
    const giveUp = () => {
      for (const cancel of cancels) cancel();
    };
    for (const wait of waits) {
      cancels.push(
        wait(() => {
          giveUp();
          resume();
        }),
      );
    }
    return giveUp;
  };
}

/** Runs until its first wait at once. `ended` gets what the process threw, or undefined. */
export function runProcess(process: Process, ended: (error: unknown) => void): RunningProcess {
  let giveUp: () => void = () => undefined;
  let running = true;

  function step(): void {
    let result: IteratorResult<Wait, void>;
    try {
      result = process.next();
    } catch (error) {
      running = false;
      ended(error);
      return;
    }
    if (result.done) {
      running = false;
      ended(undefined);
      return;
    }
    giveUp = result.value(step);
  }

  step();
  return {
    stop() {
      if (!running) return;
      running = false;
      giveUp();
      process.return();
    },
  };
}
