import type { ApiClient } from '../../../src/kubernetes/api-client.ts';
import { isOperatorError } from '../../../src/lib/errors.ts';
import type { VirtualClock } from '../../../src/lib/virtual-clock.ts';
import { createRandom } from '../../../src/simulator/random.ts';
import { type OperatorRun, startOperatorRun } from '../virtual-time/operator-run.ts';
import type { Traffic } from '../virtual-time/traffic.ts';
import { NAMESPACE } from './soak-objects.ts';

/** Two replicas of the operator, of which one acts. One that has ended is started again, as a Deployment would. */
export interface SoakOperators {
  /** The one that acts, or thinks so. */
  leader(): OperatorRun | undefined;
  /** Starts those again that have ended. */
  tend(): void;
  stop(): void;
  ended(): boolean;
  /** What no run may say or end with, in words, since the last call. */
  faults(): readonly string[];
}

export interface SoakOperatorsOptions {
  readonly client: ApiClient;
  readonly clock: VirtualClock;
  readonly traffic: Traffic;
  readonly seed: number;
}

const REPLICAS = 2;
/** Slower than the defaults, so that 200 hours have fewer renewals to go through. */
const TIMING = { leaseDurationMs: 60_000, renewDeadlineMs: 40_000, retryPeriodMs: 8_000 };

export function createSoakOperators({ seed, ...options }: SoakOperatorsOptions): SoakOperators {
  const random = createRandom(seed);
  const lease = { name: 'pve-cslb-operator', namespace: NAMESPACE };
  let started = 0;
  const start = () => {
    started += 1;
    const election = { lease, identity: `operator-${started}`, timing: TIMING };
    return startOperatorRun({ ...options, namespace: NAMESPACE, random, election });
  };
  let runs = Array.from({ length: REPLICAS }, start);
  const found: string[] = [];

  function collect(run: OperatorRun): void {
    for (const { level, message, fields } of run.logger.lines) {
      if (level === 'error') found.push(`error in the log: ${message} ${JSON.stringify(fields)}`);
    }
    run.logger.lines.length = 0;
    const error = run.ended()?.error;
    // Another one leads then, so it has to end.
    if (error && !isOperatorError(error, 'LeadershipLost'))
      found.push(`an operator ended with ${String(error)}`);
  }

  return {
    leader: () => runs.find((run) => run.ended() === undefined && run.leads()),
    tend() {
      runs = runs.map((run) => {
        if (run.ended() === undefined) return run;
        collect(run);
        return start();
      });
    },
    stop() {
      for (const run of runs) run.resume();
      for (const run of runs) run.stop();
    },
    ended: () => runs.every((run) => run.ended() !== undefined),
    faults() {
      for (const run of runs) collect(run);
      return found.splice(0);
    },
  };
}
