import { createVirtualClock, type VirtualClock } from '../../../src/lib/virtual-clock.ts';
import type { ScenarioDocument } from '../../../src/simulator/scenario/document.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../../src/simulator/simulator.ts';
import { labScenario } from './scenarios.ts';

/** Starts simulators for one test after the other, on a virtual clock of each test's own, and stops them after it. */
export interface RunningSimulators {
  readonly clock: VirtualClock;
  start(changes?: Partial<ScenarioDocument>, options?: Partial<SimulatorOptions>): Promise<Simulator>;
}

export function runningSimulators(): RunningSimulators {
  let clock = createVirtualClock();
  const running: Simulator[] = [];
  beforeEach(() => {
    clock = createVirtualClock();
  });
  afterEach(async () => {
    for (const simulator of running.splice(0)) await simulator.stop();
  });
  return {
    get clock() {
      return clock;
    },
    async start(changes = {}, options = {}) {
      const scenario = labScenario(changes);
      const simulator = await startSimulator({ scenario, clock, unauthorizedDelayMs: 0, ...options });
      running.push(simulator);
      return simulator;
    },
  };
}
