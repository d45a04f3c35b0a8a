import type { GuestDocument, ScenarioDocument } from '../../../src/simulator/scenario/document.ts';
import { skewedCluster } from '../balance-scenario.ts';
import type { ProxmoxPart } from './document.ts';

/** The simulator's scenario that a file asks for. */
export function proxmoxDocument(name: string, part: ProxmoxPart = {}): ScenarioDocument {
  const { hotNodes, migrationBandwidth, pools, guests = {}, nodes = {}, ...rest } = part;
  const base = skewedCluster(name, {
    ...(hotNodes === undefined ? {} : { hotNodes }),
    ...(migrationBandwidth === undefined ? {} : { migrationBandwidth }),
    ...(pools === undefined ? {} : { pools }),
  });
  const changed = (base.guests ?? []).map((guest) => ({ ...guest, ...guests[guest.vmid] }));
  const known = new Set(changed.map(({ vmid }) => String(vmid)));
  const added = Object.entries(guests)
    .filter(([vmid]) => !known.has(vmid))
    .map(([vmid, guest]) => newGuest(Number(vmid), guest));
  return {
    ...base,
    ...rest,
    cluster: { name, ...rest.cluster },
    nodes: base.nodes.map((node) => ({ ...node, ...nodes[node.name] })),
    guests: [...changed, ...added],
  };
}

/** Like the guests that the cluster has. */
function newGuest(vmid: number, guest: Partial<GuestDocument>): GuestDocument {
  return {
    type: 'qemu',
    name: `guest-${vmid}`,
    node: 'pve1',
    cpus: 4,
    memory: '8Gi',
    demand: { cpu: 0.1, memory: '1Gi' },
    ...guest,
    vmid,
  };
}
