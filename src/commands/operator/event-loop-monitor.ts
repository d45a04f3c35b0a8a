import type { Clock } from '../../lib/clock.ts';

/** How late timers fire: what everything else that waits for its turn feels too. */
export interface EventLoopMonitor {
  /** Of the beat that is due, or of the last one if it came later. */
  lagMs(): number;
}

const BEAT_MS = 1_000;

/** Beats until the signal is aborted. */
export function monitorEventLoop(clock: Clock, signal: AbortSignal): EventLoopMonitor {
  let beatAt = clock.monotonic();
  let lastLag = 0;

  async function beat(): Promise<void> {
    for (;;) {
      await clock.sleep(BEAT_MS, signal);
      const present = clock.monotonic();
      lastLag = Math.max(0, present - beatAt - BEAT_MS);
      beatAt = present;
    }
  }
  beat().catch(() => undefined);

  return { lagMs: () => Math.max(lastLag, clock.monotonic() - beatAt - BEAT_MS) };
}
