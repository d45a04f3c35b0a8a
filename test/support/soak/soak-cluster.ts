import type {
  GuestDocument,
  HaDocument,
  HaRuleDocument,
  ScenarioDocument,
} from '../../../src/simulator/scenario/document.ts';
import { OPERATOR_TOKEN } from '../balance-scenario.ts';

export const SOAK_NODES = ['pve1', 'pve2', 'pve3', 'pve4', 'pve5'] as const;
/** Beside those; the policy leaves it out. */
const EXCLUDED_NODE = 'pve6';

export type SoakRelease = '8.4' | '9.1';
export type SoakStrategy = 'Cslb' | 'Optimize';

/** What the policy excludes; each of it is there. */
export const SOAK_EXCLUSIONS = {
  nodes: [EXCLUDED_NODE],
  vmids: [215],
  tags: ['fro*'],
  pools: ['prod/*'],
};

const PRIVILEGES = ['VM.Audit', 'VM.Migrate', 'Sys.Audit', 'Datastore.Audit', 'Pool.Audit'];
const GUESTS = 25;

/** Where the policy plans with Optimize; of guests that HA does not manage, since HA moves its own by its rules alone. */
export const SOAK_RULES = [
  { name: 'db', type: 'AntiAffinity', guests: { tags: ['db-*'] } },
  { name: 'shop', type: 'Affinity', guests: { vmids: [105, 106] } },
  { name: 'licensed', type: 'Pin', guests: { vmids: [107, 108] }, nodes: ['pve1', 'pve2', 'pve3'] },
  { name: 'near', type: 'Affinity', guests: { vmids: [112, 113] }, enforcement: 'Preferred' },
  { name: 'wide', type: 'AntiAffinity', guests: { vmids: [120, 121, 122] }, enforcement: 'Preferred' },
];
const TAGS = new Map([
  [100, 'db-a'],
  [101, 'db-b'],
  [102, 'db-c'],
]);

/** Memory is short where guests are placed with care. */
const NODE_MEMORY = { Cslb: '64Gi', Optimize: '40Gi' };

/**
 * Six nodes with VMs, containers and guests of HA, whose loads change; and for each rule of what may move some guests that
 * it holds back. These are the lightest, so that CSLB would take them first.
 */
export function soakCluster(
  random: () => number,
  seed: number,
  release: SoakRelease,
  strategy: SoakStrategy = 'Cslb',
): ScenarioDocument {
  const acl = [{ path: '/', privileges: PRIVILEGES }];
  return {
    cluster: { name: 'soak', version: release },
    seed,
    taskRetention: 100_000,
    users: [{ name: 'balancer@pve', acl, tokens: [{ id: 'operator', secret: OPERATOR_TOKEN.secret, acl }] }],
    nodes: [...SOAK_NODES, EXCLUDED_NODE].map((name) => ({
      name,
      cpus: 16,
      cores: 8,
      sockets: 1,
      mhz: 2600,
      memory: NODE_MEMORY[strategy],
      uptime: '10h',
    })),
    storages: [
      { name: 'ceph', type: 'rbd', content: 'images,rootdir', shared: true },
      { name: 'part', type: 'nfs', content: 'images', shared: true, nodes: ['pve1', 'pve2', 'pve3'] },
      { name: 'local-lvm', type: 'lvmthin', content: 'images,rootdir' },
    ],
    pools: [{ name: 'prod' }, { name: 'prod/db' }],
    ha: rulesOf(release, strategy),
    guests: [
      ...Array.from({ length: GUESTS }, (_, index) => loadedGuest(100 + index, index, random)),
      ...heldBack(release),
    ],
  };
}

/** The guests whose loads the soak changes. */
export function isLoaded(vmid: number): boolean {
  return vmid < 200;
}

function loadedGuest(vmid: number, index: number, random: () => number): GuestDocument {
  const isContainer = index % 5 === 4;
  const tag = TAGS.get(vmid);
  return {
    vmid,
    name: `guest-${vmid}`,
    type: isContainer ? 'lxc' : 'qemu',
    node: SOAK_NODES[Math.floor(random() * SOAK_NODES.length)] ?? 'pve1',
    cpus: 4,
    memory: '8Gi',
    demand: { cpu: random() * 2, memory: `${1 + Math.floor(random() * 6)}Gi` },
    ...(tag === undefined ? {} : { tags: [tag] }),
    disks: [{ storage: 'ceph', size: '8Gi' }],
    ...(index % 7 === 3 ? { ha: { state: 'started' as const } } : {}),
  };
}

const LOADED_PAIR: HaRuleDocument = {
  name: 'pair',
  type: 'resource-affinity',
  affinity: 'positive',
  resources: ['vm:103', 'vm:110'],
};
const HOME_NODES = ['pve1', 'pve2'];
const PREFERRED_NODES = ['pve3:2', 'pve4:1'];

function rulesOf(release: SoakRelease, strategy: SoakStrategy): HaDocument {
  if (release === '8.4') {
    return {
      groups: [
        { name: 'home', nodes: HOME_NODES, restricted: true },
        { name: 'preferred', nodes: PREFERRED_NODES },
      ],
    };
  }
  return {
    rules: [
      {
        name: 'home',
        type: 'node-affinity',
        resources: ['vm:200', 'vm:201'],
        nodes: HOME_NODES,
        strict: true,
      },
      { name: 'preferred', type: 'node-affinity', resources: ['vm:202'], nodes: PREFERRED_NODES },
      {
        name: 'apart',
        type: 'resource-affinity',
        affinity: 'negative',
        resources: ['vm:203', 'vm:204', 'vm:205'],
      },
      { name: 'together', type: 'resource-affinity', affinity: 'positive', resources: ['vm:206', 'vm:207'] },
      ...(strategy === 'Optimize' ? [LOADED_PAIR] : []),
    ],
  };
}

function heldBack(release: SoakRelease): readonly GuestDocument[] {
  const inGroup = (group: string) =>
    release === '8.4' ? { ha: { state: 'started' as const, group } } : { ha: { state: 'started' as const } };
  const managed = { ha: { state: 'started' as const } };
  const on = (storage: string) => ({ disks: [{ storage, size: '4Gi' }] });
  return [
    light(200, 'pve1', inGroup('home')),
    light(201, 'pve2', inGroup('home')),
    light(202, 'pve3', inGroup('preferred')),
    light(203, 'pve3', managed),
    light(204, 'pve4', managed),
    light(205, 'pve5', managed),
    light(206, 'pve4', managed),
    light(207, 'pve4', managed),
    light(208, 'pve1', on('part')),
    light(209, 'pve3', on('part')),
    light(210, 'pve2', on('local-lvm')),
    light(211, 'pve5', on('local-lvm')),
    light(212, 'pve1', { config: { hostpci0: '0000:41:00' } }),
    light(213, 'pve4', { tags: ['pve-cslb-ignore'] }),
    light(214, 'pve5', { status: 'paused' }),
    light(215, 'pve2', {}),
    light(216, 'pve3', { tags: ['web', 'frozen'] }),
    light(217, 'pve5', { pool: 'prod/db' }),
    light(218, 'pve4', { pool: 'prod' }),
    light(219, EXCLUDED_NODE, {}),
    light(220, EXCLUDED_NODE, {}),
    light(221, 'pve2', { status: 'stopped' }),
  ];
}

function light(vmid: number, node: string, traits: Partial<GuestDocument>): GuestDocument {
  return {
    vmid,
    name: `guest-${vmid}`,
    type: 'qemu',
    node,
    cpus: 2,
    memory: '2Gi',
    demand: { cpu: 0.02, memory: '256Mi' },
    disks: [{ storage: 'ceph', size: '4Gi' }],
    ...traits,
  };
}
