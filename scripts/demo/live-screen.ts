import type { Style } from '../../src/commands/style.ts';
import { type DashboardSize, dashboard } from './dashboard.ts';
import type { Observation } from './observation.ts';
import type { Screen } from './screen.ts';

const TICK_MS = 250;
const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const CLEAR_LINE_END = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';
const CLEAR_ALL = '\u001b[2J\u001b[H';

/** Draws the dashboard over its last state. */
export function createLiveScreen(output: NodeJS.WriteStream, style: Style): Screen {
  const start = performance.now();
  let latest: Observation | undefined;
  let drawn: readonly string[] = [];

  function draw(): void {
    if (!latest) return;
    // The last row stays free for the cursor, so that nothing scrolls.
    const size = { columns: output.columns, rows: output.rows - 3 };
    const lines = screenLines(latest, performance.now() - start, size, style);
    if (lines.join('\n') === drawn.join('\n')) return;
    const back = drawn.length > 0 ? `\u001b[${drawn.length}A\r` : `\n${HIDE_CURSOR}`;
    output.write(`${back}${lines.map((line) => `${line}${CLEAR_LINE_END}\n`).join('')}${CLEAR_BELOW}`);
    drawn = lines;
  }

  // The terminal may have broken the lines anew, so where they are is not known any more.
  function redrawAll(): void {
    drawn = [];
    output.write(CLEAR_ALL);
    draw();
  }

  const timer = setInterval(draw, TICK_MS);
  const showCursor = () => output.write(SHOW_CURSOR);
  output.on('resize', redrawAll);
  process.on('exit', showCursor);

  return {
    show(observation) {
      latest = observation;
      draw();
    },
    end() {
      clearInterval(timer);
      draw();
      output.off('resize', redrawAll);
      process.off('exit', showCursor);
      showCursor();
    },
  };
}

/** The dashboard below its title; two lines more than the size has rows. */
export function screenLines(
  observation: Observation,
  elapsedMs: number,
  size: DashboardSize,
  style: Style,
): readonly string[] {
  const { namespace, name } = observation.policy.metadata;
  const title = `BalancePolicy ${name} in namespace ${namespace}`;
  const elapsed = minutes(elapsedMs);
  const gap = ' '.repeat(Math.max(1, size.columns - 1 - title.length - elapsed.length));
  return [`${style('bold', title)}${gap}${elapsed}`, '', ...dashboard(observation, size, style)];
}

function minutes(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
