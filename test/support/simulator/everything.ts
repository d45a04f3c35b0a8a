import type { Agent } from 'node:https';

import { routes } from '../../../src/simulator/endpoints/routes.ts';
import type { Release } from '../../../src/simulator/profile.ts';
import type { GuestDocument, ScenarioDocument } from '../../../src/simulator/scenario/document.ts';
import type { Simulator } from '../../../src/simulator/simulator.ts';
import { pveRequest } from './pve-request.ts';
import { labScenario, ROOT_TOKEN, rootWithToken, type Token, userWithToken } from './scenarios.ts';
import { wireShapeErrors } from './wire-shapes.ts';

export const STRANGER: Token = { id: 'guest@pve!none', secret: '99999999-2222-3333-4444-555555555555' };

const MORE_GUESTS: readonly GuestDocument[] = [
  {
    vmid: 104,
    type: 'qemu',
    node: 'pve3',
    cpus: 2,
    memory: '4Gi',
    cpuType: 'host',
    config: { hostpci0: '0000:41:00,pcie=1', hostpci1: 'mapping=gpu-a', usb0: 'spice', serial0: 'socket' },
    disks: [
      { storage: 'local-lvm', size: '128Gi' },
      { storage: 'local-lvm', size: '4Mi', kind: 'efi' },
      { storage: 'local', size: '760Mi', kind: 'cdrom', volume: 'iso/drivers.iso' },
      { storage: 'local-lvm', size: '4Mi', kind: 'cloudinit' },
      { storage: 'local-lvm', size: '32Gi', kind: 'unused' },
    ],
  },
  { vmid: 900, type: 'qemu', node: 'pve1', cpus: 2, memory: '2Gi', template: true },
  {
    vmid: 105,
    type: 'qemu',
    node: 'pve3',
    cpus: 2,
    memory: '4Gi',
    lock: 'backup',
    disks: [{ storage: 'local-lvm', size: '8Gi', snapshots: ['before-upgrade'] }],
  },
  { vmid: 107, type: 'qemu', node: 'pve3', cpus: 2, memory: '4Gi', status: 'paused', pool: 'prod/edge' },
  { vmid: 108, type: 'qemu', node: 'pve1', cpus: 2, memory: '4Gi', ha: { comment: 'negative partner' } },
  { vmid: 106, type: 'qemu', node: 'pve2', cpus: 2, memory: '4Gi', haState: 'started' },
  { vmid: 202, type: 'lxc', node: 'pve3', cpus: 2, memory: '1Gi', haState: 'started', tags: ['infra'] },
];

/** A three-node cluster with one of everything that an answer can hold. */
export function everythingScenario(
  release: Release,
  changes: Partial<ScenarioDocument> = {},
): ScenarioDocument {
  const lab = labScenario();
  const groups = release === '8.4';
  return labScenario({
    cluster: { name: 'lab', version: release },
    users: [...lab.users, rootWithToken(), userWithToken(STRANGER, [])],
    guests: [
      ...(lab.guests ?? []),
      ...MORE_GUESTS.map((guest) =>
        guest.vmid === 106 && groups ? { ...guest, ha: { group: 'prefer-2', maxRelocate: 2 } } : guest,
      ),
    ],
    storages: [
      { name: 'local', type: 'dir', content: 'iso,vztmpl,backup' },
      { name: 'local-lvm', type: 'lvmthin', content: 'images,rootdir' },
      { name: 'ceph-vm', type: 'rbd', content: 'images,rootdir', shared: true },
      { name: 'nfs-iso', type: 'nfs', content: 'iso', shared: true, nodes: ['pve1', 'pve2'] },
      { name: 'old', type: 'dir', content: 'images', disabled: true },
    ],
    pools: [{ name: 'prod', comment: 'production guests', storages: ['ceph-vm'] }, { name: 'prod/edge' }],
    mappings: [{ name: 'gpu-a', type: 'pci', nodes: ['pve1', 'pve3'], liveMigration: true }],
    replication: [{ guest: 103, target: 'pve3' }],
    ha: {
      groups: [{ name: 'prefer-2', nodes: ['pve2:2', 'pve1:1'], nofailback: true, comment: 'prefer pve2' }],
      rules: groups
        ? []
        : [
            {
              name: 'web',
              type: 'node-affinity',
              resources: ['vm:106'],
              nodes: ['pve2:2', 'pve3'],
              strict: true,
            },
            {
              name: 'apart',
              type: 'resource-affinity',
              affinity: 'negative',
              resources: ['vm:106', 'vm:108'],
            },
            {
              name: 'off',
              type: 'resource-affinity',
              affinity: 'positive',
              resources: ['vm:106', 'ct:202'],
              disabled: true,
            },
            {
              name: 'broken',
              type: 'resource-affinity',
              affinity: 'negative',
              resources: ['ct:202'],
              comment: 'x',
            },
          ],
    },
    options: {
      max_workers: 4,
      migration: { type: 'secure', network: '198.51.100.0/24' },
      crs: { ha: 'static', 'ha-rebalance-on-start': true },
      ha: { shutdown_policy: 'migrate' },
      bwlimit: 'migration=262144',
      'tag-style': { shape: 'full', 'case-sensitive': false },
      'registered-tags': ['prod'],
      'next-id': { lower: 100, upper: 1_000_000 },
    },
    migrationBandwidth: '256Mi',
    ...changes,
  });
}

export interface Answered {
  readonly endpoint: string;
  readonly path: string;
  readonly status: number;
  readonly body: string;
}

const QUERIES: Readonly<Record<string, readonly string[]>> = {
  '/cluster/resources': ['', '?type=vm', '?type=node', '?type=storage', '?type=sdn'],
  '/nodes/{node}/tasks': ['', '?source=active', '?source=all', '?vmid=100'],
  '/nodes/{node}/qemu': ['', '?full=1'],
  '/nodes/{node}/qemu/{vmid}/migrate': ['', '?target=pve2'],
  '/nodes/{node}/rrddata': ['?timeframe=hour', '?timeframe=week&cf=MAX'],
  '/nodes/{node}/qemu/{vmid}/rrddata': ['?timeframe=hour'],
  '/nodes/{node}/lxc/{vmid}/rrddata': ['?timeframe=hour'],
  '/pools': ['', '?poolid=prod', '?poolid=prod/edge'],
};

/** Asks every GET endpoint for every node, guest, rule and task there is. */
export async function askEverything(
  simulator: Simulator,
  agent: Agent,
  token: Token = ROOT_TOKEN,
): Promise<Answered[]> {
  const answers: Answered[] = [];
  for (const route of routes.filter(({ method }) => method === 'GET')) {
    for (const path of pathsOf(simulator, route.path)) {
      for (const query of QUERIES[route.path] ?? ['']) {
        const answer = await pveRequest(simulator, `${path}${query}`, { agent, token });
        answers.push({
          endpoint: `GET ${route.path}`,
          path: `${path}${query}`,
          status: answer.status,
          body: answer.body,
        });
      }
    }
  }
  return answers;
}

function pathsOf(simulator: Simulator, path: string): string[] {
  if (path.includes('{id}')) {
    const node = simulator.cluster.nodeOf(103) ?? '';
    return [path.replace('{node}', node).replace('{id}', '103-0')];
  }
  const type = path.includes('/qemu/') ? 'qemu' : 'lxc';
  if (path.includes('{upid}')) {
    return simulator.cluster
      .tasks()
      .map(({ node, upid }) => path.replace('{node}', node).replace('{upid}', encodeURIComponent(upid)));
  }
  if (path.includes('{vmid}')) {
    const guests = simulator.cluster.guests().filter((guest) => guest.type === type);
    return guests.map(({ node, vmid }) => path.replace('{node}', node).replace('{vmid}', String(vmid)));
  }
  const values = {
    node: ['pve1', 'pve2', 'pve3'],
    sid: ['vm:106', '108', 'ct:202'],
    rule: ['apart', 'ha-group-prefer-2'],
    group: ['prefer-2'],
    poolid: ['prod'],
  };
  const [name] = Object.keys(values).filter((each) => path.includes(`{${each}}`)) as (keyof typeof values)[];
  return name === undefined ? [path] : values[name].map((value) => path.replace(`{${name}}`, value));
}

/** Everything in the answers that PVE would not send. */
export function problemsOf(answers: readonly Answered[]): string[] {
  return answers.flatMap(({ endpoint, path, status, body }) => {
    if (status === 595) return body === '' ? [] : [`${path}: a 595 has no body`];
    const shape = status === 200 ? endpoint : 'error';
    return wireShapeErrors(shape, body).map((problem) => `${path} ${status}: ${problem}`);
  });
}
