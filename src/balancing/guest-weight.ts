import type { Guest } from './cluster.ts';
import type { WeightShares } from './node-weight.ts';
import { roundHalfEven } from './round-half-even.ts';

const LEAST_CPU_MHZ = 0.001;

/** What CSLB takes a guest to use on a node of this clock. */
export function guestCpuMhz(guest: Guest, nodeMhz: number): number {
  return nodeMhz * guest.cpuUsedShare;
}

/** CSLB's weight of a running guest: how much of its own CPUs and memory it uses, at most `Number.MAX_SAFE_INTEGER`. */
export function guestWeight(guest: Guest, nodeMhz: number, shares: WeightShares): number {
  const cpu = usedShare(Math.max(guestCpuMhz(guest, nodeMhz), LEAST_CPU_MHZ), nodeMhz * guest.cpuCount);
  const memory = usedShare(guest.memoryBytes, guest.memoryMaxBytes);
  const weight = roundHalfEven(shares.cpu * cpu * 100 + shares.memory * memory * 100);
  return Math.min(weight, Number.MAX_SAFE_INTEGER);
}

// A guest whose size is not known counts as fully used, so that it is not the first to be picked as a light one.
function usedShare(used: number, size: number): number {
  const share = used / size;
  if (!(size > 0) || Number.isNaN(share)) return 1;
  return Math.min(share, Number.MAX_SAFE_INTEGER);
}
