import type { Cluster, Guest } from '../../src/balancing/cluster.ts';
import { cluster, gib, guest, node } from './cluster-model.ts';

/** A VM of so many GiB and busy CPUs. */
export function vm(
  vmid: number,
  on: string,
  memoryGib: number,
  busyCpus = 0,
  traits: Partial<Guest> = {},
): Guest {
  return guest(vmid, on, { memoryBytes: gib(memoryGib), cpuUsedShare: busyCpus / 4, cpuCount: 4, ...traits });
}

/** Nodes of 100 GiB and 32 CPUs whose load is that of the guests on them. */
export function loaded(
  names: readonly string[],
  guests: readonly Guest[],
  traits: Partial<Cluster> = {},
): Cluster {
  return cluster({
    guests,
    nodes: names.map((name) => {
      const here = guests.filter((each) => each.node === name && each.status === 'running');
      const bytes = here.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0);
      const cpus = here.reduce((sum, { cpuUsedShare, cpuCount }) => sum + cpuUsedShare * cpuCount, 0);
      return node(name, {
        memoryUsedBytes: bytes,
        memoryFreeBytes: gib(100) - bytes,
        cpuUsedShare: cpus / 32,
      });
    }),
    ...traits,
  });
}
