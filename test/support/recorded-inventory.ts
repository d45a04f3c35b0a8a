import type { ClusterNode, Guest } from '../../src/balancing/cluster.ts';
import { type Inventory, readInventory } from '../../src/proxmox/inventory.ts';
import { createSnapshotReader } from '../../src/proxmox/snapshot.ts';

/** Reading inventories from recorded answers that a test has changed, and finding things in them. */

// biome-ignore lint/suspicious/noExplicitAny: tests change answers at will
export type Responses = Record<string, any>;

export function inventoryOf(responses: Responses): Promise<Inventory> {
  return readInventory(createSnapshotReader({ responses }, 1_763_812_800_000));
}

export function guestEntry(responses: Responses, vmid: number) {
  return responses['/cluster/resources'].find((entry: { vmid?: number }) => entry.vmid === vmid);
}

export function nodeEntry(responses: Responses, name: string) {
  return responses['/cluster/resources'].find((entry: { id?: string }) => entry.id === `node/${name}`);
}

export function guest(inventory: Inventory, vmid: number): Guest | undefined {
  return inventory.cluster.guests.find((entry) => entry.vmid === vmid);
}

export function node(inventory: Inventory, name: string): ClusterNode | undefined {
  return inventory.cluster.nodes.find((entry) => entry.name === name);
}
