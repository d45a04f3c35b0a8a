import { isHaManaged } from '../ha/service.ts';
import type { Cluster } from './cluster.ts';
import type { Guest } from './guest.ts';
import { settleLoadAverage } from './load.ts';
import type { Node } from './node.ts';
import { TaskFailure } from './task.ts';

/** The node loses power: its guests and tasks end where they are, and nobody can write that down. */
export function turnOff(cluster: Cluster, node: Node, interrupted: Map<string, readonly Guest[]>): void {
  if (!node.online) return;
  settleLoadAverage(cluster, node);
  for (const task of cluster.tasks.running()) {
    if (task.node === node.name) cluster.tasks.kill(task, new TaskFailure('unexpected status', true));
  }
  const running = [...cluster.guestsOn(node.name)].filter((guest) => guest.status !== 'stopped');
  interrupted.set(node.name, running);
  for (const guest of running) cluster.setStatus(guest, 'stopped');
  node.offlineSince = cluster.now();
  cluster.setPower(node, false);
}

/** The node boots and starts the guests that ran on it before; those of HA are HA's to start. */
export function turnOn(cluster: Cluster, node: Node, interrupted: Map<string, readonly Guest[]>): void {
  if (node.online) return;
  cluster.setPower(node, true);
  node.bootTime = cluster.now();
  node.loadAverage = [0, 0, 0];
  node.loadTime = cluster.now();
  for (const guest of interrupted.get(node.name) ?? []) {
    if (guest.node === node.name && !isHaManaged(cluster, guest)) cluster.setStatus(guest, 'running');
  }
  interrupted.delete(node.name);
}
