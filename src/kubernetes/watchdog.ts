import type { Clock } from '../lib/clock.ts';

/** Aborts its signal when the given one is aborted, or when nothing happened for too long. */
export interface Watchdog {
  readonly signal: AbortSignal;
  /** Whether it was the time that ran out. */
  expired(): boolean;
  /** Something happened: the time starts anew. */
  touch(): void;
  /** Aborts the signal, so that whatever still runs under it ends, and leaves nothing behind. To be called in every case. */
  release(): void;
}

export function createWatchdog(clock: Clock, milliseconds: number, signal: AbortSignal): Watchdog {
  const controller = new AbortController();
  let touchedAt = clock.monotonic();
  let expired = false;
  // Not AbortSignal.any: the listener on a signal that lives as long as the process has to go with the request.
  const onAbort = () => controller.abort(signal.reason);
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });

  async function guard(): Promise<void> {
    for (;;) {
      const remaining = touchedAt + milliseconds - clock.monotonic();
      if (remaining <= 0) break;
      await clock.sleep(remaining, controller.signal);
    }
    expired = true;
    controller.abort(new Error(`nothing came for ${milliseconds / 1_000} s`));
  }
  guard().catch(() => undefined);

  return {
    signal: controller.signal,
    expired: () => expired,
    touch: () => {
      touchedAt = clock.monotonic();
    },
    release: () => {
      signal.removeEventListener('abort', onAbort);
      controller.abort();
    },
  };
}
