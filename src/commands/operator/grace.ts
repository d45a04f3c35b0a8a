import type { Clock } from '../../lib/clock.ts';

/** A signal that is aborted `milliseconds` after `signal`, unless `done` comes first. */
export function graceAfter(
  signal: AbortSignal,
  milliseconds: number,
  clock: Clock,
  done: AbortSignal,
): AbortSignal {
  const grace = new AbortController();
  const begin = () => {
    clock.sleep(milliseconds, done).then(
      () => grace.abort(new Error(`the stop took longer than ${milliseconds / 1_000} s`)),
      () => undefined,
    );
  };
  if (signal.aborted) begin();
  else signal.addEventListener('abort', begin, { once: true });
  return grace.signal;
}
