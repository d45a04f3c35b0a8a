import type { Cluster } from '../world/cluster.ts';
import { type Guest, serviceId } from '../world/guest.ts';

/** HA says nothing of nodes before it was first used (docs/proxmox-api.md §4.11, §4.12). */
export function usesHa(cluster: Cluster): boolean {
  if ([...cluster.nodes.values()].some((node) => node.maintenanceMode)) return true;
  return [...cluster.guests.values()].some((guest) => guest.service !== undefined);
}

/** All guests that are HA resources, by service ID. */
export function haGuests(cluster: Cluster): Guest[] {
  return [...cluster.guests.values()]
    .filter((guest) => guest.service !== undefined)
    .sort((left, right) => (serviceId(left) < serviceId(right) ? -1 : 1));
}
