import type { Cluster } from '../world/cluster.ts';
import { type Guest, serviceId } from '../world/guest.ts';
import { updateNodeStates } from './node-states.ts';
import { availableNodes, motionTo, selectNode } from './placement.ts';
import { rebalance } from './rebalance.ts';
import { haGuests } from './resources.ts';
import { enter, type MoveRequest, type Service, serviceOf } from './service.ts';

/**
 * One round of HA's manager: what is known of the nodes, then of every service what is to be done with it next
 * (docs/proxmox-api.md §6.4, §10). Without quorum nobody decides anything.
 */
export function managerRound(cluster: Cluster): void {
  const { ha } = cluster;
  const guests = haGuests(cluster);
  const unavailable = [...cluster.nodes.values()].some((node) => node.haState !== 'online');
  if (guests.length === 0 && !unavailable && ![...cluster.nodes.values()].some(needsAttention)) return;
  if (!cluster.quorate) return;
  if (ha.master === undefined || !cluster.node(ha.master).online) {
    ha.master = [...cluster.nodes.values()].find((node) => node.online)?.name;
  }
  updateNodeStates(cluster);
  if (ha.disarmed === undefined) rebalance(cluster);
  for (const guest of guests) {
    const service = serviceOf(cluster, guest);
    if (service) decide(cluster, guest, service);
  }
}

function needsAttention(node: { readonly online: boolean; readonly maintenanceMode: boolean }): boolean {
  return !node.online || node.maintenanceMode;
}

function decide(cluster: Cluster, guest: Guest, service: Service): void {
  if (cluster.ha.disarmed === 'freeze') {
    if (service.state === 'started' || service.state === 'stopped') enter(cluster, service, 'freeze');
    return;
  }
  switch (service.state) {
    case 'freeze':
      enter(cluster, service, guest.status === 'stopped' ? 'stopped' : 'started');
      break;
    case 'request_start':
      if (guest.status !== 'stopped') enter(cluster, service, 'started');
      break;
    case 'request_stop':
      if (guest.status === 'stopped') enter(cluster, service, 'stopped');
      break;
    case 'stopped':
      if (wantsToRun(service)) enter(cluster, service, 'request_start');
      break;
    case 'started':
      decideStarted(cluster, guest, service);
      break;
    case 'migrate':
    case 'relocate':
      settleMove(cluster, guest, service);
      break;
    case 'recovery':
      recover(cluster, guest, service);
      break;
  }
}

function wantsToRun(service: Service): boolean {
  const { state } = service.resource;
  return state === undefined || state === 'started' || state === 'enabled';
}

function decideStarted(cluster: Cluster, guest: Guest, service: Service): void {
  // Somebody moved it without HA.
  if (guest.node !== service.node) service.node = guest.node;
  if (!wantsToRun(service)) {
    enter(cluster, service, 'request_stop');
    return;
  }
  if (!cluster.node(service.node).online) return;
  const { request } = service;
  service.request = undefined;
  if (request && mayMove(cluster, guest, service, request)) {
    enter(cluster, service, request.command, { target: request.target });
    return;
  }
  const node = selectNode(cluster, guest);
  if (node === service.maintenanceNode) service.maintenanceNode = undefined;
  if (node === undefined || node === service.node) return;
  if (cluster.node(service.node).haState === 'maintenance') service.maintenanceNode = service.node;
  enter(cluster, service, guest.type === 'qemu' ? 'migrate' : 'relocate', { target: node });
}

// What is refused here is dropped; only the manager's own log says so.
function mayMove(cluster: Cluster, guest: Guest, service: Service, request: MoveRequest): boolean {
  if (request.target === service.node || !availableNodes(cluster).includes(request.target)) return false;
  return motionTo(cluster, guest, request.target).blocking.length === 0;
}

function settleMove(cluster: Cluster, guest: Guest, service: Service): void {
  const { worker, node, target } = service;
  if (!worker) {
    // The agent has not begun; a target that went away meanwhile is none.
    if (target !== undefined && !cluster.node(target).online) enter(cluster, service, 'started');
    return;
  }
  if (worker.exitStatus === undefined) return;
  const expected = guest.node === node || guest.node === target;
  enter(cluster, service, expected ? 'started' : 'error', { node: guest.node });
}

/** Its node is certainly dead: another one takes it over and starts it. */
function recover(cluster: Cluster, guest: Guest, service: Service): void {
  const node = selectNode(cluster, guest);
  if (node === undefined) return;
  guest.lock = undefined;
  cluster.moveGuest(guest, node);
  enter(cluster, service, 'request_start', { node });
}

/** What `ha-manager migrate` does: queues the guest and all that must come along. */
export function requestMove(cluster: Cluster, guest: Guest, target: string): void {
  for (const each of [guest, ...motionTo(cluster, guest, target).comigrated]) {
    const service = serviceOf(cluster, each);
    if (!service) throw new Error(`${serviceId(each)} is not managed by HA`);
    service.request = { command: each.type === 'qemu' ? 'migrate' : 'relocate', target };
  }
}
