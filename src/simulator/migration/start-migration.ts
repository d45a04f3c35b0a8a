import { requestMove } from '../ha/manager.ts';
import { availableNodes, motionTo } from '../ha/placement.ts';
import { isHaManaged } from '../ha/service.ts';
import type { Cluster } from '../world/cluster.ts';
import { type Guest, kindOf, serviceId } from '../world/guest.ts';
import type { Node } from '../world/node.ts';
import { delay, type Process } from '../world/process.ts';
import { type Task, TaskFailure } from '../world/task.ts';
import { type MigrationOptions, runningMigrations } from './common.ts';
import { startWorker } from './start-worker.ts';

const QUEUE_MS = 1_000;

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
  if (!isHaManaged(cluster, guest)) return startWorker(cluster, guest, target, options, user);
  return cluster.tasks.start(
    {
      node: cluster.node(guest.node),
      type: 'hamigrate',
      id: String(guest.vmid),
      user,
      migration: { vmid: guest.vmid, source: guest.node, target: target.name },
    },
    (task) => requestFromHa(cluster, task, guest, target),
  );
}

/** The task only queues the request; HA's manager and the source's agent act in their own rounds (§6.4). */
function* requestFromHa(cluster: Cluster, task: Task, guest: Guest, target: Node): Process {
  task.log.push(`Requesting HA migration for ${kindOf(guest)} ${guest.vmid} to node ${target.name}`);
  yield delay(cluster.timeline, QUEUE_MS);
  if (isRefused(cluster, guest, target)) {
    const command = `ha-manager migrate ${serviceId(guest)} ${target.name}`;
    throw new TaskFailure(`command '${command}' failed: exit code 255`);
  }
  requestMove(cluster, guest, target.name);
}

// Before 9.0 the command queues whatever it is told, and the manager drops what it cannot do.
function isRefused(cluster: Cluster, guest: Guest, target: Node): boolean {
  if (!cluster.node(guest.node).profile.features.has('haRules')) return false;
  if (!availableNodes(cluster).includes(target.name) || guest.service?.state === 'error') return true;
  return motionTo(cluster, guest, target.name).blocking.length > 0;
}
