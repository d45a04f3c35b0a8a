import type { Call } from '../http/route.ts';

/** The pools as /cluster/resources lists them, with what their guests add up to. */
export function poolEntries(call: Call) {
  const byPool = Map.groupBy(call.cluster.guests.values(), (guest) => guest.pool);
  return call.cluster.scenario.pools
    .filter((pool) => call.may(`/pool/${pool.name}`, 'Pool.Audit'))
    .map((pool) => {
      const members = byPool.get(pool.name) ?? [];
      const cpus = members.reduce((sum, guest) => sum + guest.cpus, 0);
      const busy = members.reduce((sum, guest) => sum + (guest.statistics?.cpu ?? 0) * guest.cpus, 0);
      return {
        id: `/pool/${pool.name}`,
        pool: pool.name,
        type: 'pool',
        uptime: Math.max(0, ...members.map((guest) => guest.statistics?.uptimeSeconds ?? 0)),
        mem: members.reduce((sum, guest) => sum + (guest.statistics?.memoryBytes ?? 0), 0),
        maxmem: members.reduce((sum, guest) => sum + guest.memoryBytes, 0),
        cpu: cpus > 0 ? busy / cpus : 0,
        maxcpu: cpus,
      };
    });
}
