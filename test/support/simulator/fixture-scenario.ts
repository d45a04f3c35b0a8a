import type { Release } from '../../../src/simulator/profile.ts';
import type { GuestDocument, ScenarioDocument } from '../../../src/simulator/scenario/document.ts';
import { labScenario, ROOT_TOKEN, rootWithToken } from './scenarios.ts';

const SHARED = [{ storage: 'ceph-vm', size: '32Gi' }] as const;

function guests(release: Release): GuestDocument[] {
  const ha = release === '8.4' ? { group: 'prefer-1' } : { state: 'started' as const, maxRelocate: 2 };
  return [
    {
      vmid: 100,
      type: 'qemu',
      name: 'web-1',
      node: 'pve1',
      cpus: 4,
      memory: '8Gi',
      pool: 'prod',
      tags: ['plb_affinity_web', 'prod'],
      ha: { ...ha, ...(release === '9.2' ? { autoRebalance: false } : {}), state: 'started' },
      disks: SHARED,
      config: {
        balloon: 4096,
        serial0: 'socket',
        ide2: 'none,media=cdrom',
        smbios1: 'uuid=0b6d5d0e-6a4c-4c2a-9d3f-0a1b2c3d4e5f',
        vmgenid: '5e2c1a77-1f6f-4a0c-8f3c-9d8e7f6a5b4c',
        meta: 'creation-qemu=10.1.2,ctime=1760000000',
      },
    },
    {
      vmid: 101,
      type: 'qemu',
      name: 'db-1',
      node: 'pve1',
      cpus: 8,
      memory: '48Gi',
      pool: 'prod',
      ha: { ...ha, state: 'started', failback: false, comment: 'primary database' },
      disks: SHARED,
    },
    { vmid: 102, type: 'qemu', name: 'ci-runner', node: 'pve1', cpus: 8, memory: '16Gi', disks: SHARED },
    {
      vmid: 103,
      type: 'qemu',
      name: 'win-app',
      node: 'pve2',
      cpus: 4,
      memory: '12Gi',
      lock: 'backup',
      tags: ['windows'],
      disks: SHARED,
    },
    {
      vmid: 104,
      type: 'qemu',
      name: 'gpu-box',
      node: 'pve3',
      cpus: 8,
      memory: '32Gi',
      cpuType: 'host',
      disks: [
        { storage: 'local-lvm', size: '128Gi' },
        { storage: 'local-lvm', size: '4Mi', kind: 'efi' },
        { storage: 'local', size: 797_966_336, kind: 'cdrom', volume: 'iso/drivers.iso' },
        { storage: 'local-lvm', size: '4Mi', kind: 'cloudinit' },
        { storage: 'local-lvm', size: '32Gi', kind: 'unused', volume: 'vm-104-disk-2' },
      ],
      config: {
        hostpci0: '0000:41:00,pcie=1',
        hostpci1: 'mapping=gpu-a,pcie=1',
        machine: 'q35',
        bios: 'ovmf',
        cpulimit: '6',
      },
    },
    {
      vmid: 105,
      type: 'qemu',
      name: 'paused-vm',
      node: 'pve3',
      cpus: 2,
      memory: '4Gi',
      status: 'paused',
      disks: SHARED,
    },
    {
      vmid: 110,
      type: 'qemu',
      name: 'stopped-vm',
      node: 'pve2',
      cpus: 2,
      memory: '4Gi',
      status: 'stopped',
      disks: [...SHARED, { storage: 'nfs-iso', size: '600Mi', kind: 'cdrom', volume: 'iso/debian.iso' }],
    },
    {
      vmid: 900,
      type: 'qemu',
      name: 'tmpl-debian',
      node: 'pve1',
      cpus: 2,
      memory: '2Gi',
      template: true,
      disks: SHARED,
    },
    {
      vmid: 200,
      type: 'lxc',
      name: 'dns-1',
      node: 'pve2',
      cpus: 2,
      memory: '1Gi',
      tags: ['infra'],
      ha: { state: 'started' },
      disks: SHARED,
      config: { features: 'nesting=1' },
    },
    {
      vmid: 201,
      type: 'lxc',
      name: 'proxy-1',
      node: 'pve1',
      cpus: 4,
      memory: '2Gi',
      pool: 'prod',
      disks: SHARED,
    },
    {
      vmid: 202,
      type: 'lxc',
      name: 'old-ct',
      node: 'pve3',
      cpus: 1.5,
      memory: '1Gi',
      status: 'stopped',
      disks: SHARED,
    },
  ];
}

/** The cluster that the example answers of a release are about, with the same guests on the same nodes. */
export function fixtureScenario(release: Release): ScenarioDocument {
  const lab = labScenario();
  return {
    ...lab,
    cluster: { name: 'lab', version: release },
    users: [...lab.users, rootWithToken()],
    nodes: lab.nodes.map((node) => ({ ...node, memory: '128Gi' })),
    guests: guests(release),
    storages: [
      { name: 'local', type: 'dir', content: 'iso,vztmpl,backup' },
      { name: 'local-lvm', type: 'lvmthin', content: 'images,rootdir' },
      { name: 'ceph-vm', type: 'rbd', content: 'images,rootdir', shared: true },
      { name: 'nfs-iso', type: 'nfs', content: 'iso,backup', shared: true, nodes: ['pve1', 'pve2'] },
      { name: 'old', type: 'dir', content: 'images', disabled: true },
    ],
    pools: [{ name: 'prod', comment: 'production guests', storages: ['ceph-vm'] }, { name: 'prod/edge' }],
    mappings: [{ name: 'gpu-a', type: 'pci', nodes: ['pve1', 'pve3'], liveMigration: true }],
    replication: [{ guest: 110, target: 'pve3' }],
    ha: {
      groups: [{ name: 'prefer-1', nodes: ['pve1:2', 'pve2:1'], nofailback: true, comment: 'prefer pve1' }],
      rules: [
        {
          name: 'db-on-big',
          type: 'node-affinity',
          resources: ['vm:101'],
          nodes: ['pve1:2', 'pve3'],
          strict: true,
        },
        {
          name: 'web-prefer',
          type: 'node-affinity',
          resources: ['vm:100'],
          nodes: ['pve1', 'pve3'],
          comment: 'soft',
        },
        { name: 'apart', type: 'resource-affinity', affinity: 'negative', resources: ['ct:200', 'vm:100'] },
        {
          name: 'together',
          type: 'resource-affinity',
          affinity: 'positive',
          resources: ['vm:100', 'vm:101'],
          disabled: true,
        },
        { name: 'broken', type: 'resource-affinity', affinity: 'negative', resources: ['ct:200'] },
      ],
    },
    options: {
      max_workers: 4,
      migration: { type: 'secure', network: '198.51.100.0/24' },
      crs:
        release === '9.2'
          ? {
              ha: 'dynamic',
              'ha-auto-rebalance': 1,
              'ha-auto-rebalance-threshold': 25,
              'ha-auto-rebalance-method': 'topsis',
              'ha-auto-rebalance-hold-duration': 4,
              'ha-auto-rebalance-margin': 10,
            }
          : { ha: 'static', 'ha-rebalance-on-start': true },
      ha: { shutdown_policy: 'migrate' },
      bwlimit: 'migration=102400',
      'tag-style': { shape: 'full', ordering: 'alphabetical', 'case-sensitive': false },
      'registered-tags': ['prod'],
      'user-tag-access': { 'user-allow': 'list', 'user-allow-list': ['infra', 'windows'] },
      'next-id': { lower: 100, upper: 1_000_000 },
    },
  };
}

export const FIXTURE_TOKEN = ROOT_TOKEN;
