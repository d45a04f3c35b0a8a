import type { Style } from '../../src/commands/style.ts';
import type { StoredPolicy } from '../../src/controllers/resources.ts';
import { screenLines } from '../demo/live-screen.ts';
import type { ObjectWatch } from '../demo/object-watch.ts';
import { type Observation, observe } from '../demo/observation.ts';

export interface RecordedScreen {
  readonly lines: readonly string[];
  /** What was asked for at the same moment. */
  readonly aside: readonly string[];
}

export interface RecordedScreens {
  /** The one that shows most of what there is to see. Throws where there was none with migrations under way. */
  best(): Promise<RecordedScreen>;
}

const SIZE = { columns: 92, rows: 19 } as const;

/** Keeps what the demo's screen shows while the policy migrates. */
export function recordScreens(
  policy: ObjectWatch<StoredPolicy>,
  style: Style,
  aside: () => Promise<readonly string[]>,
): RecordedScreens {
  const start = performance.now();
  let observation: Observation | undefined;
  let best: { readonly score: number; readonly screen: Promise<RecordedScreen> } | undefined;
  policy.onChange((current) => {
    observation = observe(observation, current);
    const score = scoreOf(current);
    if (score <= (best?.score ?? 0)) return;
    const lines = screenLines(observation, performance.now() - start, SIZE, style);
    best = { score, screen: aside().then((said) => ({ lines, aside: said })) };
  });
  return {
    best() {
      if (best) return best.screen;
      throw new Error('There was no moment with two migrations under way: make the pictures again.');
    },
  };
}

/** Two bars that are neither empty nor full, below some migrations that have ended. */
function scoreOf({ status }: StoredPolicy): number {
  const { migrations = [], history = [] } = status ?? {};
  const shares = migrations.map(({ progress }) => Number.parseInt(progress ?? '0', 10));
  const lively = shares.length === 2 && shares.every((share) => share >= 20 && share <= 85);
  return lively ? 1 + Math.min(history.length, 6) : 0;
}
