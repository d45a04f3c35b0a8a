import { createService, type Service } from '../ha/service.ts';
import type { GuestSpecification } from '../scenario/specifications.ts';
import { type Demand, demandAt } from './demand.ts';

/** A guest as it is now. */
export interface Guest
  extends Omit<GuestSpecification, 'node' | 'status' | 'lock' | 'ha' | 'haState' | 'config'> {
  node: string;
  status: 'running' | 'stopped' | 'paused';
  lock: string | undefined;
  config: Readonly<Record<string, string | number>>;
  /** Undefined when HA does not manage it. */
  service: Service | undefined;
  cpuDemand: Demand;
  memoryDemand: Demand;
  /** When its present process started, while it is running. */
  startTime: number;
  pid: number;
  /** What pvestatd last told the cluster. */
  statistics: GuestStatistics | undefined;
}

export interface GuestStatistics {
  readonly node: string;
  /** Of the process it was taken from; another one has no CPU time to compare with yet. */
  readonly startTime: number;
  readonly status: 'running' | 'stopped' | 'paused';
  readonly uptimeSeconds: number;
  /** Share of the guest's own CPUs. */
  readonly cpu: number;
  readonly memoryBytes: number;
  readonly hostMemoryBytes: number;
  readonly counters: Counters;
}

/** Bytes since the guest's process started. */
export interface Counters {
  readonly netin: number;
  readonly netout: number;
  readonly diskread: number;
  readonly diskwrite: number;
}

export function createGuest(specification: GuestSpecification, start: number): Guest {
  const { ha, haState, ...traits } = specification;
  return {
    ...traits,
    service: ha && createService(ha, haState, specification.node),
    startTime: start - specification.uptimeMs,
    pid: 2000 + (specification.vmid % 1_000_000),
    statistics: undefined,
  };
}

/** Cores it would keep busy if it got them. */
export function demandedCores(guest: Guest, elapsedMs: number): number {
  if (guest.status !== 'running') return 0;
  return Math.min(guest.cpus, demandAt(guest.cpuDemand, elapsedMs));
}

/** Memory as the guest sees it; a paused guest keeps its memory. */
export function guestMemoryBytes(guest: Guest, elapsedMs: number): number {
  if (guest.status === 'stopped') return 0;
  return Math.round(Math.min(guest.memoryBytes, demandAt(guest.memoryDemand, elapsedMs)));
}

// QEMU's own needs: a fixed part and page tables and caches that grow with the guest.
const QEMU_BYTES = 64 * 1024 ** 2;
const QEMU_SHARE = 0.01;

/** What the guest takes from its node: for a VM its memory and QEMU's, for a container what it uses. */
export function hostMemoryBytes(guest: Guest, elapsedMs: number): number {
  const memory = guestMemoryBytes(guest, elapsedMs);
  if (guest.type === 'lxc' || guest.status === 'stopped') return memory;
  return Math.round(memory + QEMU_BYTES + QEMU_SHARE * guest.memoryBytes);
}

export function countersOf(guest: Guest, uptime: number): Counters {
  const pace = 1000 + (guest.vmid % 97) * 13;
  return {
    netin: uptime * pace,
    netout: uptime * (pace >> 1),
    diskread: uptime * pace * 2,
    diskwrite: uptime * pace,
  };
}

/** `vm:100` or `ct:200`, HA's name of the guest. */
export function serviceId(guest: Guest): string {
  return `${guest.type === 'qemu' ? 'vm' : 'ct'}:${guest.vmid}`;
}

/** Of its virtual CPU; undefined for containers, which have none. */
export function cpuTypeOf(guest: Guest): string | undefined {
  if (guest.type === 'lxc') return undefined;
  return String(guest.config.cpu ?? 'x86-64-v2-AES')
    .replace(/^cputype=/, '')
    .split(',')[0];
}

/** `VM` or `CT`, as Proxmox's messages call it. */
export function kindOf(guest: Guest): 'VM' | 'CT' {
  return guest.type === 'qemu' ? 'VM' : 'CT';
}
