import type { ClusterStorage } from '../balancing/cluster.ts';
import { type ResourceEntry, storageResource } from './schemas/cluster-resources.ts';

/** From /cluster/resources, which lists a storage for every node where it is enabled. An entry that cannot be read is none. */
export function storagesOf(resources: readonly ResourceEntry[]): readonly ClusterStorage[] {
  const storages = new Map<string, { shared: boolean; nodes: string[] }>();
  for (const entry of resources) {
    if (entry.type !== 'storage' || !storageResource.matches(entry)) continue;
    const storage = storages.get(entry.storage) ?? { shared: true, nodes: [] };
    if (!entry.shared) storage.shared = false;
    if (entry.status === 'available') storage.nodes.push(entry.node);
    storages.set(entry.storage, storage);
  }
  return [...storages]
    .map(([name, { shared, nodes }]) => ({ name, shared, nodes: nodes.sort() }))
    .sort((left, right) => (left.name < right.name ? -1 : 1));
}
