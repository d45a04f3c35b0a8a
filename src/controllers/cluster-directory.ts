import type { Reason } from '../api/reasons.ts';
import type { ProxmoxCluster } from './proxmox-cluster.ts';

/**
 * What the PveCluster controller found out at its last probe, for the policies: in memory only, by the object's key.
 * A cluster that was not probed since the operator started is not in it.
 */
export interface ClusterDirectory {
  get(key: string): ClusterState | undefined;
  set(key: string, state: ClusterState): void;
  delete(key: string): void;
  /** Called after each `set` or `delete` that changed what a policy would see. */
  onChange(handler: (key: string) => void): void;
}

export type ClusterState =
  | {
      readonly kind: 'Ready';
      readonly uid: string;
      readonly generation: number;
      readonly identity: string;
      readonly proxmox: ProxmoxCluster;
    }
  | {
      readonly kind: 'NotReady';
      readonly uid: string;
      readonly generation: number;
      readonly reason: Reason;
      readonly message: string;
    };

export function createClusterDirectory(): ClusterDirectory {
  const states = new Map<string, ClusterState>();
  const handlers: ((key: string) => void)[] = [];
  const notify = (key: string) => {
    for (const handler of handlers) handler(key);
  };
  return {
    get: (key) => states.get(key),
    set(key, state) {
      const before = states.get(key);
      states.set(key, state);
      if (!before || !isSameToPolicies(before, state)) notify(key);
    },
    delete(key) {
      if (states.delete(key)) notify(key);
    },
    onChange: (handler) => {
      handlers.push(handler);
    },
  };
}

function isSameToPolicies(left: ClusterState, right: ClusterState): boolean {
  if (left.uid !== right.uid || left.generation !== right.generation) return false;
  if (left.kind === 'Ready') {
    return right.kind === 'Ready' && left.identity === right.identity && left.proxmox === right.proxmox;
  }
  return right.kind === 'NotReady' && left.reason === right.reason && left.message === right.message;
}
