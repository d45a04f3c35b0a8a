import type { Cluster } from '../world/cluster.ts';
import { type Guest, serviceId } from '../world/guest.ts';
import type { Node } from '../world/node.ts';
import { delay, type Process } from '../world/process.ts';
import { type Task, TaskFailure } from '../world/task.ts';
import { type MigrationOptions, runningMigrations } from './common.ts';
import { migrateContainer } from './container-migration.ts';
import { migrateVm } from './vm-migration.ts';

const QUEUE_MS = 1_000;
const HA_MANAGER_ROUND_MS = 10_000;
const HA_AGENT_ROUND_MS = 5_000;

/** Starts the worker that moves a guest, or that asks HA to; `user` is who called. */
export function startMigration(
  cluster: Cluster,
  guest: Guest,
  target: Node,
  options: MigrationOptions,
  user: string,
): Task {
  if (runningMigrations(cluster, guest.vmid).length > 0)
    cluster.violate(`two migrations of ${guest.type}/${guest.vmid} overlap`);
  if (guest.haState === undefined || guest.haState === 'ignored') {
    return startWorker(cluster, guest, target, options, user);
  }
  return cluster.tasks.start(
    {
      node: cluster.node(guest.node),
      type: 'hamigrate',
      id: String(guest.vmid),
      user,
      migration: { vmid: guest.vmid, source: guest.node, target: target.name },
    },
    () => requestFromHa(cluster, guest, target, options),
  );
}

function startWorker(
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

/** The task only queues the request; HA's manager and the source's agent act in their own rounds (§6.4). */
function* requestFromHa(cluster: Cluster, guest: Guest, target: Node, options: MigrationOptions): Process {
  yield delay(cluster.timeline, QUEUE_MS);
  if (!target.online || target.maintenanceMode || guest.haState === 'error') {
    const command = `ha-manager migrate ${serviceId(guest)} ${target.name}`;
    throw new TaskFailure(`command '${command}' failed: exit code 255`);
  }
  cluster.timeline.after(HA_MANAGER_ROUND_MS, () => {
    if (!target.online || guest.haState !== 'started') return;
    guest.haState = guest.type === 'qemu' ? 'migrate' : 'relocate';
    cluster.timeline.after(HA_AGENT_ROUND_MS, () => {
      const task = startWorker(
        cluster,
        guest,
        target,
        { ...options, withLocalDisks: true, restart: true },
        'root@pam',
        'task started by HA resource agent',
      );
      settleWhenEnded(cluster, guest, task);
    });
  });
}

function settleWhenEnded(cluster: Cluster, guest: Guest, task: Task): void {
  cluster.timeline.after(HA_AGENT_ROUND_MS, () => {
    if (task.exitStatus === undefined) settleWhenEnded(cluster, guest, task);
    else guest.haState = 'started';
  });
}
