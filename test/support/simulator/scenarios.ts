import type {
  AclDocument,
  ScenarioDocument,
  UserDocument,
} from '../../../src/simulator/scenario/document.ts';
import { createScenario } from '../../../src/simulator/scenario/scenario.ts';
import { type Cluster, createCluster } from '../../../src/simulator/world/cluster.ts';

/** The least that the operator needs (docs/proxmox-api.md §8). */
const OPERATOR_PRIVILEGES = ['VM.Audit', 'VM.Migrate', 'Sys.Audit', 'Datastore.Audit', 'Pool.Audit'];

export interface Token {
  /** `user@realm!token` */
  readonly id: string;
  readonly secret: string;
}

export const OPERATOR_TOKEN: Token = {
  id: 'balancer@pve!operator',
  secret: '11111111-2222-3333-4444-555555555555',
};

/** Everything is allowed to it but what only root@pam itself may do. */
export const ROOT_TOKEN: Token = { id: 'root@pam!test', secret: '22222222-2222-3333-4444-555555555555' };

export function rootWithToken(): UserDocument {
  return { name: 'root@pam', tokens: [{ id: 'test', secret: ROOT_TOKEN.secret, privsep: false }] };
}

/** A user with one token, both with these privileges. */
export function userWithToken(token: Token, acl: readonly AclDocument[]): UserDocument {
  const [name = '', id = ''] = token.id.split('!');
  return { name, acl, tokens: [{ id, secret: token.secret, acl }] };
}

/** Three nodes of 16 CPUs and 64 GiB; pve1 carries more than the others. */
export function labScenario(changes: Partial<ScenarioDocument> = {}): ScenarioDocument {
  return {
    cluster: { name: 'lab' },
    users: [userWithToken(OPERATOR_TOKEN, [{ path: '/', privileges: OPERATOR_PRIVILEGES }])],
    nodes: ['pve1', 'pve2', 'pve3'].map((name) => ({
      name,
      cpus: 16,
      cores: 8,
      mhz: 2600,
      memory: '64Gi',
      base: { cpu: 0.5, memory: '2Gi' },
    })),
    pools: [{ name: 'prod', comment: 'production guests' }],
    guests: [
      {
        vmid: 100,
        type: 'qemu',
        name: 'web-1',
        node: 'pve1',
        cpus: 4,
        memory: '8Gi',
        demand: { cpu: 2, memory: '6Gi' },
        tags: ['prod', 'web'],
        pool: 'prod',
      },
      {
        vmid: 101,
        type: 'qemu',
        name: 'db-1',
        node: 'pve1',
        cpus: 8,
        memory: '16Gi',
        demand: { cpu: 4, memory: '12Gi' },
      },
      { vmid: 102, type: 'qemu', name: 'off', node: 'pve1', cpus: 2, memory: '4Gi', status: 'stopped' },
      {
        vmid: 200,
        type: 'lxc',
        name: 'dns-1',
        node: 'pve1',
        cpus: 2,
        memory: '2Gi',
        demand: { cpu: 0.5, memory: '1Gi' },
      },
      { vmid: 201, type: 'lxc', name: 'off-ct', node: 'pve2', cpus: 1, memory: '1Gi', status: 'stopped' },
      { vmid: 103, type: 'qemu', name: 'app-1', node: 'pve2', cpus: 4, memory: '8Gi', demand: { cpu: 1 } },
    ],
    ...changes,
  };
}

/** The cluster of a scenario without a server; its time is moved with `timeline.advanceTo`. */
export function createWorld(changes: Partial<ScenarioDocument> = {}): Cluster {
  return createCluster(createScenario(labScenario(changes)), START);
}

export const START = Date.UTC(2026, 0, 1);
