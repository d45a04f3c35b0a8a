import { guestPath } from './guest.ts';
import type { MigrationRequest } from './migration.ts';
import type { ProxmoxReader } from './reader.ts';
import { containerConfig, type StorageConfiguration, storageList } from './schemas/storage.ts';

/** PVE does not check a container's storages before it moves (docs/proxmox-api.md §6.3), so they are compared here. */
export async function whatHoldsContainerDisks(
  reader: ProxmoxReader,
  migration: MigrationRequest,
  signal: AbortSignal,
): Promise<string | undefined> {
  const path = guestPath(migration, 'config');
  const [config, storages] = await Promise.all([
    reader.get(path, {}, signal),
    reader.get('/storage', {}, signal),
  ]);
  const known = new Map(
    storageList.expect(storages.data, '/storage').map((storage) => [storage.storage, storage]),
  );
  const mountPoints = Object.entries(containerConfig.expect(config.data, path))
    .filter(([key]) => /^(rootfs|mp\d+)$/.test(key))
    .sort(([left], [right]) => left.localeCompare(right));
  for (const [key, value] of mountPoints) {
    const reason = whatHoldsMountPoint(key, String(value), known, migration.target);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

/** @param value `ceph-vm:vm-200-disk-0,size=8G`, or a path of the node: `/srv/data,mp=/data,shared=1`. */
function whatHoldsMountPoint(
  key: string,
  value: string,
  storages: ReadonlyMap<string, StorageConfiguration>,
  target: string,
): string | undefined {
  const [first = '', ...options] = value.split(',');
  const volume = first.replace(/^volume=/, '');
  if (volume.startsWith('/')) {
    // `shared` is the owner's word that the path is the same everywhere.
    return options.includes('shared=1')
      ? undefined
      : `Its ${key} is a directory or device of its node: ${volume}.`;
  }
  const name = volume.split(':')[0] ?? '';
  const storage = storages.get(name);
  if (!storage)
    return `Its ${key} is on storage ${name}, which is not visible: the user needs Datastore.Audit on it.`;
  if (storage.disable) return `Its ${key} is on storage ${name}, which is disabled.`;
  if (
    storage.nodes !== undefined &&
    storage.nodes !== '' &&
    !storage.nodes.split(/[\s,;]+/).includes(target)
  ) {
    return `Its ${key} is on storage ${name}, which is not available on ${target}.`;
  }
  return storage.shared ? undefined : `Its ${key} is on local storage: ${volume}.`;
}
