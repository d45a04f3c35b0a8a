import { objectKey } from '../../kubernetes/kubernetes-object.ts';
import type { ProxmoxCluster } from '../proxmox-cluster.ts';
import { latestPast } from './past-times.ts';
import type { Peers } from './peers.ts';
import type { PolicyCycle } from './policy-cycle.ts';
import type { PolicyMemories } from './policy-memory.ts';

/** Two rounds of PVE's statistics and their broadcast (docs/proxmox-api.md §4.3, Staleness). */
const SETTLE_MS = 25_000;

/**
 * Milliseconds of Proxmox time until the statistics show the last migration that one of these policies ended; asks the
 * cluster for its time.
 */
export async function untilSettled(
  cycle: PolicyCycle,
  { policies }: Peers,
  memories: Pick<PolicyMemories, 'lastEnd'>,
  proxmox: ProxmoxCluster,
): Promise<number> {
  const recorded = policies.flatMap(({ status }) =>
    (status?.history ?? []).map(({ endTime }) => Date.parse(endTime) || 0),
  );
  // A history may keep none, and the cache may be late.
  const remembered = policies.flatMap((policy) => memories.lastEnd(objectKey(policy)) ?? []);
  const ends = [...recorded, ...remembered];
  if (ends.length === 0) return 0;
  const now = await proxmox.readTime(cycle.signal);
  const last = latestPast(ends, now);
  return last === undefined ? 0 : Math.max(0, last + SETTLE_MS - now);
}
