import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Size } from './case.ts';
import { FAMILIES } from './families.ts';
import { medianOf } from './summary.ts';

export interface SpeedResult extends Size {
  readonly family: string;
  readonly goalMs: number;
  readonly moves: number;
  readonly withinTolerance: boolean;
  readonly medianMs: number;
  readonly mostMs: number;
  /** Of a process that makes the case and plans it; and of one that only makes the case. */
  readonly peakMib: number;
  readonly caseMib: number;
}

interface Probe {
  readonly durations: readonly number[];
  readonly peakMib: number;
  readonly moves: number;
  readonly withinTolerance: boolean;
}

const GOALS = [
  { nodes: 16, guests: 400, goalMs: 50 },
  { nodes: 40, guests: 1_000, goalMs: 200 },
  { nodes: 100, guests: 10_000, goalMs: 1_000 },
] as const;

const RUNS = 5;
const PROBE = fileURLToPath(new URL('./speed-probe.ts', import.meta.url));

/** One seed of each family in each size that has a goal; the first run of each process, code still cold, counts for the slowest. */
export function measureSpeed(
  families: readonly string[] = FAMILIES.map(({ name }) => name),
): readonly SpeedResult[] {
  return GOALS.flatMap(({ goalMs, ...size }) => {
    const { peakMib: caseMib } = probe('equal', size, 0);
    return families.map((family) => {
      const { durations, peakMib, moves, withinTolerance } = probe(family, size, RUNS);
      return {
        ...size,
        family,
        goalMs,
        moves,
        withinTolerance,
        medianMs: medianOf(durations),
        mostMs: Math.max(...durations),
        peakMib,
        caseMib,
      };
    });
  });
}

function probe(family: string, { nodes, guests }: Size, runs: number): Probe {
  const args = [PROBE, family, nodes, guests, 1, runs].map(String);
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }));
}
