import { expect } from 'chai';
import type { BlockKind } from '../../../src/balancing/block.ts';
import { describeTargetBlock } from '../../../src/balancing/block-sentences.ts';
import type { Cluster, ClusterNode, Guest } from '../../../src/balancing/cluster.ts';
import { indexCluster } from '../../../src/balancing/cluster-index.ts';
import type { GuestVolume } from '../../../src/balancing/guest-examination.ts';
import { targetBlock } from '../../../src/balancing/target-block.ts';
import {
  absentNode,
  cluster,
  examined,
  gib,
  guest,
  type NodeTraits,
  node,
  type SettingsTraits,
  settings,
  volume,
} from '../../support/cluster-model.ts';

interface Situation {
  readonly guest?: Partial<Guest>;
  readonly source?: NodeTraits;
  readonly target?: NodeTraits | ClusterNode;
  readonly cluster?: Partial<Cluster>;
  readonly settings?: SettingsTraits;
}

/** What is said of moving guest 101 from pve1 to pve2. */
function blockIn(situation: Situation): readonly [BlockKind, string] | undefined {
  const { target = {} } = situation;
  const model = cluster({
    nodes: [
      node('pve1', situation.source ?? {}),
      'availability' in target ? target : node('pve2', target),
      node('pve3'),
    ],
    guests: [guest(101, 'pve1', situation.guest ?? {}), guest(102, 'pve3')],
    storages: [
      { name: 'shared', shared: true, nodes: ['pve1', 'pve2', 'pve3'] },
      { name: 'half', shared: true, nodes: ['pve1', 'pve3'] },
      { name: 'local', shared: false, nodes: ['pve1', 'pve2'] },
      { name: 'only1', shared: false, nodes: ['pve1'] },
    ],
    ...situation.cluster,
  });
  const [moving] = model.guests;
  const [, to] = model.nodes;
  if (!moving || !to) throw new Error('the cluster lacks the guest or the target');
  const wanted = settings(situation.settings);
  const block = targetBlock(moving, to, indexCluster(model, wanted.placement), wanted);
  return block && [block.kind, describeTargetBlock(block, to.name)];
}

function withVolumes(...volumes: readonly GuestVolume[]): Partial<Guest> {
  return { examination: examined({ volumes }) };
}

const host = { examination: examined({ cpu: { kind: 'Host', type: 'host' } }) } as const;
const custom = { examination: examined({ cpu: { kind: 'Unknown', type: 'custom-mine' } }) } as const;
const localDisk = volume({ storage: 'local', local: true });

const ALLOWED: readonly (readonly [string, Situation])[] = [
  ['a node that has all it needs', {}],
  ['one that was started five minutes ago', { target: { uptimeSeconds: 300 } }],
  ['a newer version', { target: { pveVersion: '9.1.10' } }],
  ['the same version, written shorter', { source: { pveVersion: '9.1.0' }, target: { pveVersion: '9.1' } }],
  ['nodes of which neither version is known', { source: { pveVersion: '' }, target: { pveVersion: '' } }],
  ['a replication target', { guest: { replicationTargets: ['pve3', 'pve2'] } }],
  ['a node with its storages', { guest: withVolumes(volume(), localDisk), settings: { localDisks: true } }],
  [
    'a node of another CPU, for a named CPU type',
    { guest: { examination: examined() }, target: { cpuModel: 'Other', cpuFlags: [] } },
  ],
  ['the same CPU, for host', { guest: host }],
  ['the same CPU with more features', { guest: host, target: { cpuFlags: ['avx512', 'avx2', 'aes'] } }],
  ['a node that PVE allows', { guest: { examination: examined({ allowedNodes: ['pve2'] }) } }],
  [
    'a node that PVE says nothing against',
    { guest: { examination: examined({ refusals: [{ node: 'pve3', reasons: ['x'] }] }) } },
  ],
  [
    'a VM’s storage that the user cannot see, where PVE allows the node',
    {
      guest: {
        examination: examined({ allowedNodes: ['pve2'], volumes: [volume({ storage: 'hidden' })] }),
      },
    },
  ],
  [
    'a snapshot on shared storage',
    { guest: withVolumes(volume({ inSnapshot: true })), settings: { localDisks: true } },
  ],
  [
    'a snapshot that is replicated there',
    {
      guest: { ...withVolumes({ ...localDisk, inSnapshot: true }), replicationTargets: ['pve2'] },
      settings: { localDisks: true },
    },
  ],
  ['exactly the room it needs', { target: { memoryUsedGib: 99 } }],
];

const REFUSED: readonly (readonly [BlockKind, string, Situation])[] = [
  [
    'TargetUnavailable',
    'pve2 is not available: the node is Offline',
    { target: absentNode('pve2', 'Offline') },
  ],
  [
    'TargetUnavailable',
    'pve2 is not available: the node is Maintenance',
    { target: absentNode('pve2', 'Maintenance') },
  ],
  [
    'TargetUnavailable',
    'pve2 is not available: the node is Unknown',
    { target: absentNode('pve2', 'Unknown') },
  ],
  ['TargetUnavailable', 'pve2 is excluded', { settings: { exclusions: { nodes: ['*2'] } } }],
  ['TargetUnavailable', 'pve2 has been up for less than 5 minutes', { target: { uptimeSeconds: 299 } }],
  ['NotReplicated', 'it is not replicated to pve2', { guest: { replicationTargets: ['pve3'] } }],
  ['NotReplicated', 'it is not replicated to pve2', { guest: { replicationTargets: [] } }],
  [
    'StorageUnavailable',
    'storage half of its scsi0 is not available on pve2',
    { guest: withVolumes(volume({ storage: 'half' })) },
  ],
  [
    'StorageUnavailable',
    'storage half of its ide2 is not available on pve2',
    { guest: withVolumes(volume({ storage: 'half', key: 'ide2', kind: 'Image' })) },
  ],
  [
    'StorageUnavailable',
    'storage only1 of its scsi0 is not available on pve2',
    { guest: withVolumes(volume({ storage: 'only1', local: true })), settings: { localDisks: true } },
  ],
  [
    'StorageUnavailable',
    'storage hidden of its rootfs is disabled, or the user lacks Datastore.Audit on it',
    {
      guest: {
        type: 'lxc',
        examination: examined({
          allowedNodes: ['pve2'],
          volumes: [volume({ key: 'rootfs', storage: 'hidden' })],
        }),
      },
    },
  ],
  [
    'StorageUnavailable',
    'storage hidden of its scsi0 is disabled, or the user lacks Datastore.Audit on it',
    { guest: withVolumes(volume({ storage: 'hidden' })) },
  ],
  [
    'TargetNotAllowed',
    'Proxmox does not allow pve2: the mapping of hostpci1 is not available there',
    {
      guest: {
        examination: examined({
          refusals: [{ node: 'pve2', reasons: ['the mapping of hostpci1 is not available there'] }],
        }),
      },
    },
  ],
  [
    'TargetNotAllowed',
    'Proxmox does not allow pve2: it is not among the allowed nodes',
    { guest: { examination: examined({ allowedNodes: ['pve3'] }) } },
  ],
  [
    'LocalSnapshot',
    'a snapshot refers to its scsi0 (local:vm-100-disk-0), which is on storage of its node alone',
    { guest: withVolumes({ ...localDisk, inSnapshot: true }), settings: { localDisks: true } },
  ],
  [
    'LocalSnapshot',
    'a snapshot refers to its scsi0 (local:vm-100-disk-0), which is on storage of its node alone',
    {
      guest: {
        ...withVolumes({ ...localDisk, inSnapshot: true, replicated: false }),
        replicationTargets: ['pve2'],
      },
      settings: { localDisks: true },
    },
  ],
  ['OlderVersion', 'pve2 has Proxmox VE 9.1.1, its node 9.1.2', { target: { pveVersion: '9.1.1' } }],
  [
    'OlderVersion',
    'pve2 has Proxmox VE 8.4.21, its node 9.1.2',
    { guest: { type: 'lxc' }, target: { pveVersion: '8.4.21' }, settings: { containers: 'Restart' } },
  ],
  [
    'OlderVersion',
    'pve2 has Proxmox VE of an unknown version, its node 9.1.2',
    { target: { pveVersion: '' } },
  ],
  ['OlderVersion', 'pve2 has Proxmox VE 9.1.2, its node an unknown one', { source: { pveVersion: '' } }],
  [
    'CpuIncompatible',
    'the CPU of pve2 may not suit it: its CPU type is host, and it is another model than that of its node',
    { guest: host, target: { cpuModel: 'Other' } },
  ],
  [
    'CpuIncompatible',
    'the CPU of pve2 may not suit it: its CPU type is custom-mine, and it lacks avx2',
    { guest: custom, target: { cpuFlags: ['aes'] } },
  ],
  [
    'CpuIncompatible',
    'the CPU of pve2 may not suit it: its CPU type is host, and the CPU of its node is not known',
    { guest: host, source: { cpuFlags: [] }, target: { cpuFlags: [] } },
  ],
  [
    'CpuIncompatible',
    'the CPU of pve2 may not suit it: its CPU type is host, and the CPU of its node is not known',
    { guest: host, source: { cpuModel: '' }, target: { cpuModel: '' } },
  ],
  [
    'CpuIncompatible',
    'the CPU of pve2 may not suit it: it is aarch64, that of its node x86_64',
    { guest: { type: 'lxc' }, target: { architecture: 'aarch64' } },
  ],
  ['NoRoom', 'pve2 has no room for its memory', { target: { memoryUsedBytes: gib(99) + 1 } }],
  [
    'NoRoom',
    'pve2 has no room for its memory',
    { guest: { memoryHostBytes: gib(2) }, target: { memoryUsedGib: 99 } },
  ],
  [
    'NoRoom',
    'pve2 has no room for its memory',
    {
      target: { memoryUsedGib: 90 },
      cluster: {
        incoming: [
          { node: 'pve2', vmid: 900, bytes: gib(5) },
          { node: 'pve2', vmid: 901, bytes: gib(5) },
          { node: 'pve3', vmid: 902, bytes: gib(50) },
        ],
      },
    },
  ],
];

describe('a target', () => {
  for (const [what, situation] of ALLOWED) {
    it(`may take a guest: ${what}`, () => expect(blockIn(situation)).to.equal(undefined));
  }

  for (const [kind, sentence, situation] of REFUSED) {
    it(`may not take a guest: ${sentence}`, () => expect(blockIn(situation)).to.deep.equal([kind, sentence]));
  }
});
