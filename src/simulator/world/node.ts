import type { NodeSpecification } from '../scenario/specifications.ts';

/** A node as it is now. */
export interface Node extends NodeSpecification {
  /** From 1, in the scenario's order. */
  readonly number: number;
  readonly ip: string;
  online: boolean;
  /** Asked for; HA acts on it in its next round. */
  maintenanceMode: boolean;
  /** What HA's manager says of it. */
  haState: 'online' | 'maintenance' | 'unknown' | 'fence';
  /** When `haState` last changed. */
  haStateSince: number;
  /** How much later it answers than it should. */
  slowMs: number;
  /** Its pvestatd hangs. */
  statisticsFrozen: boolean;
  /** Once a minute, oldest first, at most an hour. */
  readonly history: NodeSample[];
  bootTime: number;
  /** When it went offline; meaningless while it is online. */
  offlineSince: number;
  /** Over 1, 5 and 15 minutes, as of `loadTime`. */
  loadAverage: readonly [number, number, number];
  loadTime: number;
  /** What pvestatd last told the cluster. */
  statistics: NodeStatistics | undefined;
  lastPid: number;
}

export interface NodeStatistics {
  readonly time: number;
  readonly uptimeSeconds: number;
  /** Share of all logical CPUs. */
  readonly cpu: number;
  readonly memoryUsedBytes: number;
  readonly rootUsedBytes: number;
}

/** What rrddata keeps. */
export interface NodeSample {
  readonly time: number;
  readonly loadAverage: number;
  readonly cpu: number;
  /** Share of the CPU time that was asked for and not given. */
  readonly cpuPressure: number;
  readonly memoryUsedBytes: number;
}

export const ROOT_DISK_BYTES = 100 * 1024 ** 3;
export const ROOT_USED_BYTES = 11 * 1024 ** 3;

export function createNode(specification: NodeSpecification, number: number, start: number): Node {
  return {
    ...specification,
    number,
    // TEST-NET-1 and, beyond its size, the benchmarking range: no real host is ever named.
    ip: number <= 200 ? `192.0.2.${10 + number}` : `198.18.${number >> 8}.${number & 255}`,
    online: true,
    maintenanceMode: specification.maintenance,
    haState: specification.maintenance ? 'maintenance' : 'online',
    haStateSince: start,
    slowMs: 0,
    statisticsFrozen: false,
    history: [],
    bootTime: start - specification.uptimeMs,
    offlineSince: 0,
    loadAverage: [0, 0, 0],
    loadTime: start,
    statistics: undefined,
    lastPid: 1000 + number * 37,
  };
}

export function uptimeSeconds(since: number, now: number): number {
  return Math.max(0, Math.floor((now - since) / 1000));
}

export function nextPid(node: Node): number {
  node.lastPid += 3;
  return node.lastPid;
}
