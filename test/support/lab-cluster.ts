import type { TaskView } from '../../src/simulator/cluster-view.ts';
import type { ScenarioDocument } from '../../src/simulator/scenario/document.ts';
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts';
import { type ApiProxy, startApiProxy } from './api-proxy.ts';
import { freePort } from './free-port.ts';
import { createLeapingClock, type LeapingClock } from './leaping-clock.ts';

/** A simulated Proxmox VE cluster of a test, over HTTPS. */
export interface LabCluster {
  readonly simulator: Simulator;
  readonly clock: LeapingClock;
  /** In front of it, so that requests can be stopped; the operator knows only this. */
  readonly proxy: ApiProxy;
  /** Migrations, running and ended, in the order they started. */
  migrations(): readonly TaskView[];
  /** Migrate requests that arrived. */
  migrateRequests(): number;
  /** Every request other than a GET that was no migrate request. */
  otherWrites(): readonly string[];
  stop(): Promise<void>;
}

/** 25 s of settling take 1.25 s, and the 30 s after which statistics are stale leave a slow test machine 1 s. */
const SPEED = 20;

export async function startLabCluster(
  scenario: ScenarioDocument,
  context: () => string,
): Promise<LabCluster> {
  const clock = createLeapingClock(SPEED);
  const simulator = await startSimulator({ scenario, clock, port: await freePort() });
  const proxy = await startApiProxy({ url: simulator.url, caCertificate: simulator.caCertificate }, context);
  const writes = () => simulator.requests().filter(({ method }) => method !== 'GET');
  const isMigrate = (path: string) => /^\/nodes\/[^/]+\/(qemu|lxc)\/\d+\/migrate$/.test(path);
  return {
    simulator,
    clock,
    proxy,
    migrations: () => simulator.cluster.tasks().filter(({ type }) => type.endsWith('migrate')),
    migrateRequests: () => writes().filter(({ path }) => isMigrate(path)).length,
    otherWrites: () =>
      writes()
        .filter(({ path }) => !isMigrate(path))
        .map(({ method, path }) => `${method} ${path}`),
    async stop() {
      await proxy.close();
      await simulator.stop();
    },
  };
}
