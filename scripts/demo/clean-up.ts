/** What is to be undone, in reverse order of when it was done. */
export interface CleanUp {
  add(undo: () => unknown): void;
  /** Tries everything; throws the first error at the end. Does nothing the second time. */
  run(): Promise<void>;
}

export function createCleanUp(): CleanUp {
  const steps: (() => unknown)[] = [];
  return {
    add: (undo) => steps.push(undo),
    async run() {
      const errors: unknown[] = [];
      for (let undo = steps.pop(); undo; undo = steps.pop()) {
        try {
          await undo();
        } catch (error) {
          errors.push(error);
        }
      }
      if (errors.length > 0) throw errors[0];
    },
  };
}
