import { Cron } from 'croner';
import type { MigrationWindow } from '../../api/generated/balance-policy.ts';
import { parseDuration } from '../../lib/duration.ts';
import { messageOf, OperatorError } from '../../lib/errors.ts';

export type WindowState =
  /** `closes` is undefined where there are no windows. Milliseconds since the epoch. */
  | { readonly kind: 'Open'; readonly closes: number | undefined }
  | { readonly kind: 'Closed'; readonly opens: number };

// Cron knows minutes; looking this much past a moment finds the run that is due at the moment itself.
const INSTANT_MS = 1_000;

/**
 * Whether one of the windows is open. A window lasts its duration in elapsed time, also across a change of the clocks; a
 * start that a change skips happens right after the gap, one that it repeats happens once. Starts with a `*` in minute or
 * hour are those of the hours that pass.
 *
 * @throws OperatorError InvalidSpec: a schedule or time zone that is none, or a schedule that never comes.
 */
export function windowState(windows: readonly MigrationWindow[], now: number): WindowState {
  if (windows.length === 0) return { kind: 'Open', closes: undefined };
  const parsed = windows.map(parseWindow);
  const ends = parsed.flatMap(({ cron, durationMs }) => {
    const [start] = cron.previousRuns(1, new Date(now + INSTANT_MS));
    const end = start && start.getTime() <= now ? start.getTime() + durationMs : 0;
    return end > now ? [end] : [];
  });
  if (ends.length > 0) return { kind: 'Open', closes: Math.max(...ends) };
  const starts = parsed.map(({ cron, window }) => nextStart(cron, window, now));
  return { kind: 'Closed', opens: Math.min(...starts) };
}

function parseWindow(
  window: MigrationWindow,
  index: number,
): { cron: Cron; durationMs: number; window: MigrationWindow } {
  const durationMs = parseDuration(window.duration);
  if (durationMs === undefined) {
    throw invalid(index, `\`duration\` is '${window.duration}', it must be a duration such as '6h'`);
  }
  try {
    const cron = new Cron(window.schedule, {
      mode: '5-part',
      timezone: window.timeZone,
      paused: true,
      // Several starts a day are no less those of a clock on the wall than one.
      fixedTimeRule: 'no-wildcard',
    });
    // A time zone is looked at only when a run is asked for.
    if (cron.nextRun() === null) {
      throw invalid(index, `the schedule '${window.schedule}' never comes, such as on 30 February`);
    }
    return { cron, durationMs, window };
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    const zone = /timezone/i.test(messageOf(error));
    throw invalid(
      index,
      zone
        ? `there is no time zone '${window.timeZone}', use one such as 'Europe/Berlin'`
        : `'${window.schedule}' is no cron schedule, use one of five fields such as '0 22 * * *'`,
    );
  }
}

function nextStart(cron: Cron, window: MigrationWindow, now: number): number {
  const next = cron.nextRun(new Date(now));
  if (next) return next.getTime();
  throw new OperatorError('InvalidSpec', `The schedule '${window.schedule}' does not come again`);
}

function invalid(index: number, problem: string): OperatorError {
  return new OperatorError('InvalidSpec', `\`spec.windows[${index}]\`: ${problem}.`);
}
