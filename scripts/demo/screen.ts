import type { Style } from '../../src/commands/style.ts';
import { createLiveScreen } from './live-screen.ts';
import type { Observation } from './observation.ts';
import { createPlainScreen } from './plain-screen.ts';

/** Where the policy's status is shown while it changes. */
export interface Screen {
  show(observation: Observation): void;
  /** Leaves what was shown last where it is. */
  end(): void;
}

const LEAST_COLUMNS = 76;
const LEAST_ROWS = 18;

/** Redraws in place on a terminal with room for it; elsewhere a line for each change. */
export function createScreen(output: NodeJS.WriteStream, style: Style): Screen {
  const canRedraw = output.isTTY && process.env.TERM !== 'dumb';
  return canRedraw && output.columns >= LEAST_COLUMNS && output.rows >= LEAST_ROWS
    ? createLiveScreen(output, style)
    : createPlainScreen(output);
}
