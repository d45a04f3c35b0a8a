import type { HaResource } from '../scenario/specifications.ts';
import type { Cluster } from '../world/cluster.ts';
import type { Guest } from '../world/guest.ts';
import type { Task } from '../world/task.ts';

/** What HA's manager knows of a guest (docs/proxmox-api.md §4.11). */
export interface Service {
  resource: HaResource;
  state: string;
  /** Where the manager has it; follows the guest once a move has ended. */
  node: string;
  /** While it moves. */
  target: string | undefined;
  /** Waits for the manager's next round. */
  request: MoveRequest | undefined;
  /** Where maintenance took it from; it goes back there. */
  maintenanceNode: string | undefined;
  /** The agent's task of the present move. */
  worker: Task | undefined;
  /** When `state` last changed. */
  since: number;
}

export interface MoveRequest {
  readonly command: 'migrate' | 'relocate';
  readonly target: string;
}

export function createService(resource: HaResource, state: string, node: string): Service {
  return {
    resource,
    state,
    node,
    target: undefined,
    request: undefined,
    maintenanceNode: undefined,
    worker: undefined,
    since: Number.NEGATIVE_INFINITY,
  };
}

/** Whether HA, and nobody else, moves and starts the guest. */
export function isHaManaged(cluster: Cluster, guest: Guest): boolean {
  return serviceOf(cluster, guest) !== undefined;
}

/** The guest's service where HA acts on it: not where it is ignored, alone or with all others. */
export function serviceOf(cluster: Cluster, guest: Guest): Service | undefined {
  const { service } = guest;
  if (!service || service.resource.state === 'ignored' || service.state === 'ignored') return undefined;
  return cluster.ha.disarmed === 'ignore' ? undefined : service;
}

export function enter(
  cluster: Cluster,
  service: Service,
  state: string,
  changes: Partial<Pick<Service, 'node' | 'target'>> = {},
): void {
  service.state = state;
  service.since = cluster.now();
  service.target = changes.target;
  service.worker = undefined;
  if (changes.node !== undefined) service.node = changes.node;
}
