import { createHash } from 'node:crypto';
import type { ProxmoxCluster } from '../proxmox-cluster.ts';
import type { Connection } from './credentials.ts';

/** Makes what speaks to a cluster; throws where the connection's parts cannot work. */
export type OpenProxmox = (connection: Connection & { readonly requestTimeoutMs: number }) => ProxmoxCluster;

/** One connection for each PveCluster, kept until what it was made of changes. */
export interface Connections {
  open(key: string, connection: Connection & { readonly requestTimeoutMs: number }): Promise<ProxmoxCluster>;
  close(key: string): Promise<void>;
  closeAll(): Promise<void>;
}

export function createConnections(openProxmox: OpenProxmox): Connections {
  const open = new Map<string, { readonly digest: string; readonly proxmox: ProxmoxCluster }>();

  async function close(key: string): Promise<void> {
    const known = open.get(key);
    open.delete(key);
    await known?.proxmox.close();
  }

  return {
    async open(key, connection) {
      const digest = createHash('sha256').update(JSON.stringify(connection)).digest('hex');
      const known = open.get(key);
      if (known?.digest === digest) return known.proxmox;
      await close(key);
      const proxmox = openProxmox(connection);
      open.set(key, { digest, proxmox });
      return proxmox;
    },
    close,
    async closeAll() {
      for (const key of [...open.keys()]) await close(key);
    },
  };
}
