import type { Cluster } from '../world/cluster.ts';
import type { Node } from '../world/node.ts';
import { haGuests } from './resources.ts';
import { enter, serviceOf } from './service.ts';

const UNTIL_FENCED_MS = 60_000;
const FENCING_MS = 60_000;

/** What the manager says of every node: one that is gone is fenced before anything of it runs elsewhere. */
export function updateNodeStates(cluster: Cluster): void {
  for (const node of cluster.nodes.values()) {
    const state = nextState(cluster, node);
    if (state === node.haState) continue;
    if (node.haState === 'fence') releaseServices(cluster, node);
    node.haState = state;
    node.haStateSince = cluster.now();
    if (state === 'fence') fenceServices(cluster, node);
  }
}

function nextState(cluster: Cluster, node: Node): Node['haState'] {
  const elapsed = cluster.now() - node.haStateSince;
  if (node.haState === 'fence') return elapsed >= FENCING_MS ? 'unknown' : 'fence';
  if (node.online) return node.maintenanceMode ? 'maintenance' : 'online';
  if (node.haState !== 'unknown') return 'unknown';
  return elapsed >= UNTIL_FENCED_MS && servicesOn(cluster, node).length > 0 ? 'fence' : 'unknown';
}

function fenceServices(cluster: Cluster, node: Node): void {
  for (const { service } of servicesOn(cluster, node)) enter(cluster, service, 'fence');
}

function releaseServices(cluster: Cluster, node: Node): void {
  for (const { service } of servicesOn(cluster, node)) {
    if (service.state === 'fence') enter(cluster, service, 'recovery');
  }
}

function servicesOn(cluster: Cluster, node: Node) {
  return haGuests(cluster).flatMap((guest) => {
    const service = serviceOf(cluster, guest);
    const runs = service && service.node === node.name && !['stopped', 'error'].includes(service.state);
    return runs ? [{ guest, service }] : [];
  });
}
