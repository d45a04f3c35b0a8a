import type { HistoryEntry } from '../../src/api/generated/balance-policy.ts';
import type { ClusterView } from '../../src/simulator/cluster-view.ts';

/** What the cluster itself holds against what the policy tells: empty when all is well. `history` is newest first. */
export function contradictions(cluster: ClusterView, history: readonly HistoryEntry[]): string[] {
  const recorded = new Set(history.map(({ upid }) => upid));
  const unrecorded = cluster
    .tasks()
    .filter(({ source, upid }) => source !== undefined && !recorded.has(upid))
    .map(({ upid }) => `The policy's history does not know the migration ${upid}`);
  const latest = new Map(history.toReversed().map((entry) => [entry.vmid, entry]));
  const elsewhere = [...latest.values()]
    .filter(({ outcome, vmid, target }) => outcome === 'Succeeded' && cluster.nodeOf(vmid) !== target)
    .map(({ vmid, target }) => `Guest ${vmid} is on ${cluster.nodeOf(vmid)}, not on ${target}`);
  const stopped = cluster
    .guests()
    .filter(({ status, lock }) => status !== 'running' || lock !== undefined)
    .map(
      ({ vmid, status, lock }) =>
        `Guest ${vmid} is ${status}${lock === undefined ? '' : `, locked (${lock})`}`,
    );
  return [...cluster.violations(), ...unrecorded, ...elsewhere, ...stopped];
}
