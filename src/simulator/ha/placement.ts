import type { Cluster } from '../world/cluster.ts';
import { type Guest, serviceId } from '../world/guest.ts';
import { applyPreference, nodePreference, partners } from './rules.ts';

/** What a requested move takes along, and what forbids it (docs/proxmox-api.md §6.1, §10.2). */
export interface Motion {
  readonly comigrated: readonly Guest[];
  readonly blocking: readonly Blocking[];
}

export interface Blocking {
  readonly sid: string;
  readonly cause: 'resource-affinity' | 'node-affinity';
}

/** All guests that positive affinity ties to this one, directly or through others. */
export function dependents(cluster: Cluster, guest: Guest): Guest[] {
  const found = new Set([guest]);
  for (const each of found) {
    for (const partner of partners(cluster, each, 'positive')) found.add(partner);
  }
  found.delete(guest);
  return [...found];
}

export function motionTo(cluster: Cluster, guest: Guest, target: string): Motion {
  const comigrated = dependents(cluster, guest).filter((each) => each.service?.node !== target);
  const moving = [guest, ...comigrated];
  const apart = moving
    .flatMap((each) => partners(cluster, each, 'negative'))
    .filter((each) => destination(each) === target && !moving.includes(each))
    .map((each): Blocking => ({ sid: serviceId(each), cause: 'resource-affinity' }));
  const misplaced = moving
    .filter((each) => refusesByNode(cluster, each, target))
    .map((each): Blocking => ({ sid: serviceId(each), cause: 'node-affinity' }));
  return { comigrated, blocking: unique([...apart, ...misplaced]) };
}

// Older releases carry the request out and move the guest back in the next round.
function refusesByNode(cluster: Cluster, guest: Guest, target: string): boolean {
  if (!cluster.node(guest.node).profile.features.has('haAutoRebalance')) return false;
  const preference = nodePreference(cluster, guest);
  const { allowed, best } = applyPreference(preference, availableNodes(cluster));
  return !(preference?.failback === false ? allowed : best).includes(target);
}

/** Nodes that HA may use. */
export function availableNodes(cluster: Cluster): string[] {
  return [...cluster.nodes.values()]
    .filter((node) => node.online && node.haState === 'online')
    .map((node) => node.name);
}

/** Where HA wants the guest to be; undefined when there is no such node. */
export function selectNode(cluster: Cluster, guest: Guest): string | undefined {
  const { service } = guest;
  if (!service) return undefined;
  const preference = nodePreference(cluster, guest);
  const { allowed, best } = applyPreference(preference, availableNodes(cluster));
  const taken = new Set(partners(cluster, guest, 'negative').map(destination));
  const free = best.filter((node) => !taken.has(node));
  const together = mostPartners(cluster, guest, free);
  const candidates = together.length > 0 ? together : free;
  const { maintenanceNode } = service;
  if (maintenanceNode !== undefined && candidates.includes(maintenanceNode)) return maintenanceNode;
  if (candidates.includes(service.node)) return service.node;
  const stays = preference?.failback === false && allowed.includes(service.node) && !taken.has(service.node);
  if (stays && together.length === 0) return service.node;
  return [...candidates].sort(
    (left, right) => load(cluster, left) - load(cluster, right) || (left < right ? -1 : 1),
  )[0];
}

function mostPartners(cluster: Cluster, guest: Guest, nodes: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const partner of partners(cluster, guest, 'positive')) {
    const node = destination(partner);
    if (nodes.includes(node)) counts.set(node, (counts.get(node) ?? 0) + 1);
  }
  const most = Math.max(...counts.values());
  return [...counts].filter(([, count]) => count === most).map(([node]) => node);
}

// The basic scheduler counts services.
function load(cluster: Cluster, node: string): number {
  return [...cluster.guests.values()].filter((guest) => guest.service && destination(guest) === node).length;
}

function destination(guest: Guest): string {
  return guest.service?.target ?? guest.service?.node ?? guest.node;
}

function unique(blocking: readonly Blocking[]): Blocking[] {
  return [...new Map(blocking.map((each) => [`${each.sid} ${each.cause}`, each])).values()];
}
