import { startWorker } from '../migration/start-worker.ts';
import type { Cluster } from '../world/cluster.ts';
import type { Guest } from '../world/guest.ts';
import type { Node } from '../world/node.ts';
import { isRunning } from '../world/task.ts';
import { haGuests } from './resources.ts';
import { type Service, serviceOf } from './service.ts';

const MAX_WORKERS = 4;
// The agent reads the manager's decision some seconds after it was written.
const READ_AFTER_MS = 10_000;
const SHUTDOWN_MS = 60_000;

/** One round of a node's HA agent: carries out what the manager decided for the services of the node (§6.4). */
export function agentRound(cluster: Cluster, node: Node): void {
  if (!node.online || !cluster.quorate) return;
  for (const guest of haGuests(cluster)) {
    const service = serviceOf(cluster, guest);
    if (service && service.node === node.name) act(cluster, node, guest, service);
  }
}

function act(cluster: Cluster, node: Node, guest: Guest, service: Service): void {
  switch (service.state) {
    case 'started':
    case 'request_start':
      if (guest.status === 'stopped' && guest.lock === undefined && guest.node === node.name) {
        cluster.setStatus(guest, 'running');
      }
      return;
    case 'request_stop':
      if (guest.status !== 'stopped') cluster.setStatus(guest, 'stopped');
      return;
    case 'migrate':
    case 'relocate':
      if (service.worker || cluster.now() - service.since < READ_AFTER_MS) return;
      if (workersOn(cluster, node) < MAX_WORKERS) move(cluster, guest, service);
      return;
    default:
      return;
  }
}

function workersOn(cluster: Cluster, node: Node): number {
  return haGuests(cluster).filter((guest) => {
    const worker = guest.service?.worker;
    return worker !== undefined && worker.node === node.name && isRunning(worker);
  }).length;
}

// HA forces what it does: local disks go along, containers are stopped for it.
function move(cluster: Cluster, guest: Guest, service: Service): void {
  if (service.target === undefined) return;
  service.worker = startWorker(
    cluster,
    guest,
    cluster.node(service.target),
    {
      withLocalDisks: true,
      targetStorage: undefined,
      bandwidthLimit: cluster.options.migrationLimit(),
      restart: true,
      shutdownTimeoutMs: SHUTDOWN_MS,
      force: true,
    },
    'root@pam',
    'task started by HA resource agent',
  );
}
