import type { TextSink } from '../../src/commands/command.ts';
import type { Style } from '../../src/commands/style.ts';
import { Interruption } from './interruption.ts';

/** Tells of the set-up, a line for each step: what is done, how long it took, what came of it. */
export type Step = <T>(name: string, work: () => Promise<T>, result?: (value: T) => string) => Promise<T>;

export function createStep(output: TextSink, style: Style): Step {
  return async (name, work, result) => {
    const start = performance.now();
    output.write(`${name} ...`);
    try {
      const value = await work();
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      const found = result === undefined ? '' : style('dim', `  ${result(value)}`);
      output.write(` ${style('green', `${seconds} s`)}${found}\n`);
      return value;
    } catch (error) {
      output.write(error instanceof Interruption ? '\n' : ` ${style('red', 'failed')}\n`);
      throw error;
    }
  };
}
