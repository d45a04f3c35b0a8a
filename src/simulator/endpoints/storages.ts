import { NODE } from '../http/parameters.ts';
import type { Call, Route } from '../http/route.ts';
import type { StorageSpecification } from '../scenario/specifications.ts';
import { digestOf } from '../world/digest.ts';

function isVisible(call: Call, storage: StorageSpecification): boolean {
  return call.may(`/storage/${storage.name}`, 'Datastore.Audit', 'Datastore.AllocateSpace');
}

/** GET /storage: the cluster's storage configuration (docs/proxmox-api.md §4.13). */
function configuration(call: Call) {
  const type = call.parameters.text('type');
  const storages = call.cluster.scenario.storages.filter(
    (storage) => isVisible(call, storage) && (type === undefined || storage.type === type),
  );
  return call.shuffle(
    storages.map((storage) => ({
      storage: storage.name,
      type: storage.type,
      content: storage.content,
      ...(storage.shared ? { shared: 1 } : {}),
      ...(storage.disabled ? { disable: 1 } : {}),
      ...(storage.nodes === undefined ? {} : { nodes: storage.nodes.join(',') }),
      digest: digestOf('storage.cfg'),
    })),
  );
}

/** GET /nodes/{node}/storage: how full the storages of a node are. */
function ofNode(call: Call) {
  const { parameters } = call;
  const content = parameters.text('content')?.split(',');
  const target = parameters.text('target');
  const name = parameters.text('storage');
  const onTarget = target === undefined ? undefined : call.cluster.storagesOn(target);
  const storages = call.cluster
    .storagesOn(call.node.name)
    .filter(
      (storage) =>
        isVisible(call, storage) &&
        (name === undefined || storage.name === name) &&
        !(storage.disabled && parameters.flag('enabled')) &&
        (onTarget === undefined || onTarget.includes(storage)) &&
        (content === undefined || storage.content.split(',').some((each) => content.includes(each))),
    );
  return call.shuffle(
    storages.map((storage) => ({
      storage: storage.name,
      type: storage.type,
      content: storage.content,
      enabled: storage.disabled ? 0 : 1,
      active: storage.disabled ? 0 : 1,
      shared: storage.shared ? 1 : 0,
      total: storage.sizeBytes,
      used: storage.usedBytes,
      avail: storage.sizeBytes - storage.usedBytes,
      used_fraction: storage.usedBytes / storage.sizeBytes,
    })),
  );
}

const STORAGE_TYPES =
  'btrfs,cephfs,cifs,dir,esxi,iscsi,iscsidirect,lvm,lvmthin,nfs,pbs,rbd,zfs,zfspool'.split(',');

export const storageRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/storage',
    parameters: { type: { type: 'string', values: STORAGE_TYPES, optional: true } },
    forwarded: false,
    handle: configuration,
  },
  {
    method: 'GET',
    path: '/nodes/{node}/storage',
    parameters: {
      node: NODE,
      content: { type: 'string', optional: true },
      enabled: { type: 'boolean', optional: true },
      format: { type: 'boolean', optional: true },
      storage: { type: 'string', optional: true },
      target: { ...NODE, optional: true },
    },
    forwarded: true,
    handle: ofNode,
  },
];
