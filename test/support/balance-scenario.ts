import type { GuestDocument, ScenarioDocument } from '../../src/simulator/scenario/document.ts';

/** Clusters that are small enough to follow in one's head. */

const PRIVILEGES = ['VM.Audit', 'VM.Migrate', 'Sys.Audit', 'Datastore.Audit', 'Pool.Audit'];

export interface ApiToken {
  readonly id: string;
  readonly secret: string;
}

/** Has all the privileges that are needed. */
export const OPERATOR_TOKEN: ApiToken = {
  id: 'balancer@pve!operator',
  secret: '0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d',
};

/** May look, and not migrate. */
export const AUDITOR_TOKEN: ApiToken = {
  id: 'balancer@pve!auditor',
  secret: '7e6d5c4b-3a29-4180-9f8e-7d6c5b4a3928',
};

export interface SkewedClusterOptions {
  /** Nodes with three guests, from pve1 on; the others have one. */
  readonly hotNodes?: 1 | 2;
  /** Bytes a second for migrations. With 2Mi one lasts for an hour, so that it ends when the test lets it. */
  readonly migrationBandwidth?: string;
  /** In the place of guests with the same VMID, or in addition. */
  readonly guests?: readonly GuestDocument[];
  readonly pools?: readonly string[];
}

/**
 * Four nodes of which pve1 has three guests, or six of which pve2 has three, too: out of tolerance until one guest has left each
 * hot node. That is 101 from pve1 (a VM) and 201 from pve2 (a container, so only with `containers: Restart`), to the first of
 * the others. If 101 may not move, 102 does.
 */
export function skewedCluster(name: string, options: SkewedClusterOptions = {}): ScenarioDocument {
  const { hotNodes = 1, guests = [], pools = [] } = options;
  const nodes = Array.from({ length: hotNodes === 1 ? 4 : 6 }, (_, index) => index + 1);
  const given = new Set(guests.map(({ vmid }) => vmid));
  const standard = nodes.flatMap((node) => guestsOf(node, node <= hotNodes));
  const acl = [{ path: '/', privileges: PRIVILEGES }];
  const auditor = [{ path: '/', privileges: PRIVILEGES.filter((privilege) => privilege !== 'VM.Migrate') }];
  return {
    cluster: { name },
    ...(options.migrationBandwidth === undefined ? {} : { migrationBandwidth: options.migrationBandwidth }),
    users: [
      {
        name: 'balancer@pve',
        acl,
        tokens: [
          { id: 'operator', secret: OPERATOR_TOKEN.secret, acl },
          { id: 'auditor', secret: AUDITOR_TOKEN.secret, acl: auditor },
        ],
      },
    ],
    nodes: nodes.map((node) => ({ name: `pve${node}`, cpus: 16, memory: '32Gi', uptime: '10h' })),
    pools: pools.map((pool) => ({ name: pool })),
    guests: [...standard.filter(({ vmid }) => !given.has(vmid)), ...guests],
  };
}

function guestsOf(node: number, hot: boolean): readonly GuestDocument[] {
  const first = node * 100 + 1;
  if (!hot) return [guest(first, node)];
  return [
    { ...guest(first, node), ...(node === 2 ? { type: 'lxc' as const } : {}), memory: '16Gi' },
    { ...guest(first + 1, node), memory: '12Gi' },
    guest(first + 2, node),
  ];
}

/** Of all guests, which use equally much, CSLB moves first the one that uses the smallest share of what it has. */
function guest(vmid: number, node: number): GuestDocument {
  const demand = { cpu: 0.5, memory: '7Gi' };
  return { vmid, name: `guest-${vmid}`, type: 'qemu', node: `pve${node}`, cpus: 4, memory: '8Gi', demand };
}
