import type { TextSink } from '../../src/commands/command.ts';
import { news } from './news.ts';
import type { Observation } from './observation.ts';
import type { Screen } from './screen.ts';

/** Writes a line for each thing that changed, with the seconds since the first. */
export function createPlainScreen(output: TextSink): Screen {
  const start = performance.now();
  let before: Observation | undefined;
  return {
    show(observation) {
      const elapsed = `${((performance.now() - start) / 1000).toFixed(1)} s`.padStart(8);
      for (const line of news(before, observation)) output.write(`${elapsed}  ${line}\n`);
      before = observation;
    },
    end() {},
  };
}
