import { createHash } from 'node:crypto';
import type { ProxmoxCluster } from '../proxmox-cluster.ts';
import type { Connection } from './credentials.ts';

/** Makes what speaks to a cluster; throws where the connection's parts cannot work. */
export type OpenProxmox = (connection: Connection & { readonly requestTimeoutMs: number }) => ProxmoxCluster;

/**
 * One connection for each PveCluster, kept until what it was made of changes. Even then it is closed only when the next is
 * asked for: the policies use it until the probe of the new one has ended, and must not take its end for one of the cluster.
 */
export interface Connections {
  open(key: string, connection: Connection & { readonly requestTimeoutMs: number }): Promise<ProxmoxCluster>;
  close(key: string): Promise<void>;
  closeAll(): Promise<void>;
}

interface OpenConnection {
  readonly digest: string;
  readonly proxmox: ProxmoxCluster;
}

export function createConnections(openProxmox: OpenProxmox): Connections {
  const current = new Map<string, OpenConnection>();
  const replaced = new Map<string, OpenConnection>();

  async function closeIn(connections: Map<string, OpenConnection>, key: string): Promise<void> {
    const known = connections.get(key);
    connections.delete(key);
    await known?.proxmox.close();
  }

  async function close(key: string): Promise<void> {
    await closeIn(replaced, key);
    await closeIn(current, key);
  }

  return {
    async open(key, connection) {
      const digest = createHash('sha256').update(JSON.stringify(connection)).digest('hex');
      await closeIn(replaced, key);
      const known = current.get(key);
      if (known?.digest === digest) return known.proxmox;
      if (known) {
        current.delete(key);
        replaced.set(key, known);
      }
      const proxmox = openProxmox(connection);
      current.set(key, { digest, proxmox });
      return proxmox;
    },
    close,
    async closeAll() {
      for (const key of new Set([...current.keys(), ...replaced.keys()])) await close(key);
    },
  };
}
