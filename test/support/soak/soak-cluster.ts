import type { GuestDocument, ScenarioDocument } from '../../../src/simulator/scenario/document.ts';
import { OPERATOR_TOKEN } from '../balance-scenario.ts';

export const SOAK_NODES = ['pve1', 'pve2', 'pve3', 'pve4', 'pve5'] as const;
/** Tagged so that nobody may ever move it. */
export const PINNED_VMID = 124;

const PRIVILEGES = ['VM.Audit', 'VM.Migrate', 'Sys.Audit', 'Datastore.Audit', 'Pool.Audit'];
const GUESTS = 25;

/** Five nodes; VMs, containers and guests of HA. */
export function soakCluster(random: () => number, seed: number): ScenarioDocument {
  const acl = [{ path: '/', privileges: PRIVILEGES }];
  return {
    cluster: { name: 'soak' },
    seed,
    taskRetention: 100_000,
    users: [{ name: 'balancer@pve', acl, tokens: [{ id: 'operator', secret: OPERATOR_TOKEN.secret, acl }] }],
    nodes: SOAK_NODES.map((name) => ({ name, cpus: 16, memory: '64Gi', uptime: '10h' })),
    guests: Array.from({ length: GUESTS }, (_, index) => guest(100 + index, index, random)),
  };
}

function guest(vmid: number, index: number, random: () => number): GuestDocument {
  const isContainer = index % 5 === 4;
  return {
    vmid,
    name: `guest-${vmid}`,
    type: isContainer ? 'lxc' : 'qemu',
    node: SOAK_NODES[Math.floor(random() * SOAK_NODES.length)] ?? 'pve1',
    cpus: 4,
    memory: '8Gi',
    demand: { cpu: random() * 2, memory: `${1 + Math.floor(random() * 6)}Gi` },
    ...(vmid === PINNED_VMID ? { tags: ['pve-cslb-ignore'] } : {}),
    ...(index % 7 === 3 ? { ha: { state: 'started' as const } } : {}),
  };
}
