import process from 'node:process';
import type { Registry } from 'prom-client';
import { Counter } from 'prom-client';
import type { Clock } from '../lib/clock.ts';
import { registerReadGauge } from './read-gauge.ts';

export interface ProcessMetricsOptions {
  readonly version: string;
  readonly clock: Clock;
  /** How late timers fire at present. */
  readonly eventLoopLagMs: () => number;
}

/** The process itself, by the names that every Prometheus client has for them. */
export function registerProcessMetrics(registry: Registry, options: ProcessMetricsOptions): void {
  const { version, clock, eventLoopLagMs } = options;
  const startTime = clock.now() / 1_000 - process.uptime();
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'The CPU time that the process has used, in seconds.',
    registers: [registry],
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1_000_000);
    },
  });
  registerReadGauge(registry, {
    name: 'process_resident_memory_bytes',
    help: 'The memory that the process holds, in bytes.',
    labelNames: [],
    read: () => [{ labels: {}, value: process.memoryUsage.rss() }],
  });
  registerReadGauge(registry, {
    name: 'process_start_time_seconds',
    help: 'When the process was started, in seconds since the epoch.',
    labelNames: [],
    read: () => [{ labels: {}, value: startTime }],
  });
  registerReadGauge(registry, {
    name: 'pve_cslb_event_loop_lag_seconds',
    help: 'How late the timers of the process fire at present, in seconds.',
    labelNames: [],
    read: () => [{ labels: {}, value: eventLoopLagMs() / 1_000 }],
  });
  registerReadGauge(registry, {
    name: 'pve_cslb_build_info',
    help: 'Which version runs: always 1, the version is a label.',
    labelNames: ['version'],
    read: () => [{ labels: { version }, value: 1 }],
  });
}
