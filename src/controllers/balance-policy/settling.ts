import type { ProxmoxCluster } from '../proxmox-cluster.ts';
import type { Peers } from './peers.ts';
import type { PolicyCycle } from './policy-cycle.ts';

/** Two rounds of PVE's statistics and their broadcast (docs/proxmox-api.md §4.3, Staleness). */
const SETTLE_MS = 25_000;

/**
 * Milliseconds of Proxmox time until the statistics show the last migration that one of these policies ended; asks the
 * cluster for its time.
 */
export async function untilSettled(
  cycle: PolicyCycle,
  { policies }: Peers,
  proxmox: ProxmoxCluster,
): Promise<number> {
  const ends = policies.flatMap(({ status }) =>
    (status?.history ?? []).map(({ endTime }) => Date.parse(endTime) || 0),
  );
  const last = Math.max(cycle.memory.lastEnd ?? 0, ...ends);
  if (last === 0) return 0;
  const now = await proxmox.readTime(cycle.signal);
  // An end in the future is none of this cluster's: an edited status, or a clock set back.
  if (last > now + SETTLE_MS) return 0;
  return Math.max(0, last + SETTLE_MS - now);
}
