import type { MigrationOptions } from '../../../src/simulator/migration/common.ts';
import { startMigration } from '../../../src/simulator/migration/start-migration.ts';
import type { Cluster } from '../../../src/simulator/world/cluster.ts';
import type { Guest } from '../../../src/simulator/world/guest.ts';
import type { Task } from '../../../src/simulator/world/task.ts';

const OPTIONS: MigrationOptions = {
  withLocalDisks: false,
  bandwidthLimit: 0,
  restart: true,
  shutdownTimeoutMs: 180_000,
};
const USER = 'balancer@pve!operator';

export function guestOf(cluster: Cluster, vmid: number): Guest {
  const guest = cluster.guests.get(vmid);
  if (!guest) throw new Error(`no guest ${vmid}`);
  return guest;
}

/** As the operator would by the API. */
export function migrate(
  cluster: Cluster,
  vmid: number,
  target: string,
  options: Partial<MigrationOptions> = {},
): Task {
  const guest = guestOf(cluster, vmid);
  return startMigration(cluster, guest, cluster.node(target), { ...OPTIONS, ...options }, USER);
}

export function wait(cluster: Cluster, seconds: number): void {
  cluster.timeline.advanceTo(cluster.now() + seconds * 1000);
}

export function textOf(task: Task): string {
  return task.log.join('\n');
}
