import type { FakeProxmoxCluster } from './fake-proxmox-cluster.ts';

export const SKEWED_NODES = ['pve1', 'pve2', 'pve3', 'pve4', 'pve5', 'pve6'];

/** Six nodes: two with seven guests each (100 to 106, 200 to 206), four with one each; CSLB moves one from each of the two. */
export function skewedCluster(proxmox: FakeProxmoxCluster): void {
  for (let index = 0; index < 7; index += 1) {
    proxmox.addGuest(100 + index, 'pve1');
    proxmox.addGuest(200 + index, 'pve2');
  }
  for (const [index, node] of SKEWED_NODES.slice(2).entries()) proxmox.addGuest(300 + index, node);
}
