import { type Cluster, type Guest, guestRoomBytes } from '../../src/balancing/cluster.ts';
import { NO_HA } from '../../src/balancing/high-availability.ts';
import type { RunningMigration } from '../../src/controllers/proxmox-cluster.ts';
import { gib, guest as guestOf, haService, node as nodeOf } from './cluster-model.ts';
import type { FakeGuest } from './fake-guest.ts';

/** What a fake cluster is at one moment. */
export interface FakeClusterState {
  readonly nodes: readonly string[];
  readonly guests: ReadonlyMap<number, FakeGuest>;
  readonly running: readonly RunningMigration[];
  /** Guests that a rule of HA keeps on one node. */
  readonly together: readonly number[];
  readonly isUnknown: (node: string) => boolean;
  readonly haStateOf: (guest: FakeGuest) => string | undefined;
}

/** As an inventory tells it: the load of a node is the sum of its guests'. */
export function fakeClusterModel(state: FakeClusterState): Cluster {
  const { nodes, guests, running, together, isUnknown, haStateOf } = state;
  const model: Guest[] = [...guests.values()].map((each) => {
    const { vmid, type, name, node, lock, status } = each;
    return guestOf(vmid, node, {
      type,
      name,
      lock,
      status,
      ...(each.memoryBytes === undefined ? {} : { memoryBytes: each.memoryBytes }),
      ha: each.haManaged ? haService({ state: haStateOf(each) }) : undefined,
      activeTask: running.find((task) => task.vmid === vmid) && 'qmigrate',
    });
  });
  return {
    nodes: nodes.map((name) => {
      if (isUnknown(name)) {
        const detail = 'its status could not be read';
        return { name, availability: 'Unknown', uptimeSeconds: 0, detail, doubt: 'Unread' };
      }
      const own = model.filter((guest) => guest.node === name && guest.status === 'running');
      const used = own.reduce((sum, guest) => sum + guestRoomBytes(guest), gib(5));
      return nodeOf(name, {
        load: own.reduce((sum, guest) => sum + guest.cpuUsedShare * guest.cpuCount, 0.5),
        memoryUsedBytes: used,
        memoryFreeBytes: gib(100) - used,
      });
    }),
    guests: model,
    unreadable: [],
    ha: {
      ...NO_HA,
      rules:
        together.length === 0
          ? []
          : [{ kind: 'ResourceAffinity', name: 'together', vmids: together, affinity: 'Positive' }],
    },
    storages: [{ name: 'local-lvm', shared: false, nodes }],
    incoming: running.flatMap(({ vmid, target }) => {
      const moving = model.find((guest) => guest.vmid === vmid);
      const targets = nodes.filter((name) => target === undefined || name === target);
      return moving ? targets.map((node) => ({ node, vmid, bytes: guestRoomBytes(moving) })) : [];
    }),
  };
}
