import type { Cluster } from '../world/cluster.ts';
import type { Guest } from '../world/guest.ts';
import type { Node } from '../world/node.ts';
import type { Task } from '../world/task.ts';
import type { MigrationOptions } from './common.ts';
import { migrateContainer } from './container-migration.ts';
import { migrateVm } from './vm-migration.ts';

/** Starts the worker that moves a guest. `firstLine` goes into its log ahead of everything else. */
export function startWorker(
  cluster: Cluster,
  guest: Guest,
  target: Node,
  options: MigrationOptions,
  user: string,
  firstLine?: string,
): Task {
  const migrate = guest.type === 'qemu' ? migrateVm : migrateContainer;
  return cluster.tasks.start(
    {
      node: cluster.node(guest.node),
      type: guest.type === 'qemu' ? 'qmigrate' : 'vzmigrate',
      id: String(guest.vmid),
      user,
      migration: { vmid: guest.vmid, source: guest.node, target: target.name },
    },
    (task) => {
      if (firstLine !== undefined) task.log.push(firstLine);
      return migrate(cluster, task, guest, target, options);
    },
  );
}
