import { expect } from 'chai';
import type { BlockKind } from '../../../src/balancing/block.ts';
import type { Cluster, Guest } from '../../../src/balancing/cluster.ts';
import { planCslb } from '../../../src/balancing/cslb.ts';
import { NO_HA } from '../../../src/balancing/high-availability.ts';
import type { Plan } from '../../../src/balancing/plan.ts';
import {
  absentNode,
  cluster,
  examined,
  guest,
  haService,
  node,
  type SettingsTraits,
  settings,
  volume,
} from '../../support/cluster-model.ts';

/** A plan in which guest 101 is the lightest of a heavy node, 102 to 104 stay movable beside it. */
function planWith(
  traits: Partial<Guest>,
  policy: SettingsTraits = {},
  clusterTraits: Partial<Cluster> = {},
): Plan {
  return planCslb(
    cluster({
      nodes: [node('pve1', { load: 13 }), node('pve2'), node('pve3'), absentNode('pve9', 'Offline')],
      guests: [
        guest(101, 'pve1', { cpuUsedShare: 0.1, ...traits }),
        guest(102, 'pve1', { type: 'qemu' }),
        guest(103, 'pve1', { type: 'qemu' }),
        guest(104, 'pve2', { type: 'qemu' }),
      ],
      storages: [
        { name: 'shared', shared: true, nodes: ['pve1', 'pve2', 'pve3'] },
        { name: 'local', shared: false, nodes: ['pve1', 'pve2', 'pve3'] },
      ],
      ...clusterTraits,
    }),
    settings(policy),
  );
}

type Case = readonly [string, Partial<Guest>, SettingsTraits?, Partial<Cluster>?];

const ha = haService();
const local = volume({ storage: 'local', local: true });

const MOVABLE: readonly Case[] = [
  ['a running VM', {}],
  ['a container with Restart', { type: 'lxc' }, { containers: 'Restart' }],
  ['a VM when containers are excluded', {}, { exclusions: { types: ['lxc'] } }],
  [
    'a guest of another tag and pool',
    { tags: ['a'], pool: 'b' },
    { exclusions: { tags: ['b'], pools: ['a'] } },
  ],
  ['a guest without pool where all pools are excluded', {}, { exclusions: { pools: ['*'] } }],
  ['a guest of a similar tag', { tags: ['pve-cslb-ignored'] }],
  ['an HA guest that is started', { ha }],
  [
    'a guest that is none of HA while HA is held or rebalances',
    {},
    {},
    { ha: { ...NO_HA, hold: 'it is disarmed', nativeRebalancing: true } },
  ],
  [
    'an HA guest whose positive partners are gone',
    { ha },
    {},
    {
      ha: {
        ...NO_HA,
        rules: [{ kind: 'ResourceAffinity', name: 'together', vmids: [101, 900], affinity: 'Positive' }],
      },
    },
  ],
  ['a guest on shared storage', { examination: examined({ volumes: [volume()] }) }],
  [
    'a guest with a local cloud-init drive',
    { examination: examined({ volumes: [{ ...local, kind: 'CloudInit' }] }) },
  ],
  [
    'a guest with local disks that may be copied',
    { examination: examined({ volumes: [local] }) },
    { localDisks: true },
  ],
  [
    'a guest with a CD image on shared storage',
    { examination: examined({ volumes: [volume({ kind: 'Image' })] }) },
  ],
];

const BLOCKED: readonly (readonly [BlockKind, ...Case])[] = [
  ['NotRunning', 'not running but paused', { status: 'paused' }],
  ['Locked', 'locked (backup)', { lock: 'backup' }],
  ['Excluded', 'excluded by its tag pve-cslb-ignore', { tags: ['a', 'pve-cslb-ignore'] }],
  ['Excluded', 'excluded by VMID', {}, { exclusions: { vmids: [101] } }],
  [
    'Excluded',
    'excluded by type',
    { type: 'lxc' },
    { containers: 'Restart', exclusions: { types: ['lxc'] } },
  ],
  [
    'Excluded',
    'excluded by its tag pinned-1',
    { tags: ['a', 'pinned-1'] },
    { exclusions: { tags: ['pinned-*'] } },
  ],
  ['Excluded', 'excluded by its pool prod/db', { pool: 'prod/db' }, { exclusions: { pools: ['prod/*'] } }],
  ['BusyWithTask', 'a task runs on it (vzdump)', { activeTask: 'vzdump' }],
  ['CoolingDown', 'rests until 2026-01-01T00:00:00Z', { restsUntil: '2026-01-01T00:00:00Z' }],
  ['Settling', 'just migrated or started, and its statistics do not show it yet', { settling: true }],
  [
    'ContainerNeedsRestart',
    'a container moves only by restart, which the policy forbids (migration.containers: Never)',
    { type: 'lxc' },
  ],
  [
    'HaHeld',
    "managed by Proxmox HA, and its node pve9 is in HA state 'fence'",
    { ha },
    {},
    { ha: { ...NO_HA, hold: "its node pve9 is in HA state 'fence'" } },
  ],
  [
    'HaRebalancing',
    "managed by Proxmox HA, which rebalances its guests itself ('ha-auto-rebalance')",
    { ha },
    {},
    { ha: { ...NO_HA, nativeRebalancing: true } },
  ],
  [
    'HaRebalancing',
    "managed by Proxmox HA, which rebalances its guests itself ('ha-auto-rebalance'), although not this one",
    { ha: haService({ autoRebalance: false }) },
    {},
    { ha: { ...NO_HA, nativeRebalancing: true } },
  ],
  [
    'HaUnclear',
    'managed by Proxmox HA, but its HA rule could not be read',
    { ha: haService({ fault: 'its HA rule could not be read' }) },
  ],
  ...['error', 'migrate', 'relocate', 'freeze', 'fence', 'recovery', 'request_stop', 'stopped'].map(
    (state) =>
      ['HaState', `its HA state is '${state}', not 'started'`, { ha: haService({ state }) }] as const,
  ),
  [
    'HaState',
    'managed by Proxmox HA, which has not taken it up yet',
    { ha: haService({ state: undefined }) },
  ],
  [
    'MovesWithOthers',
    'Proxmox HA would move guest 102 along with it',
    { ha },
    {},
    {
      ha: {
        ...NO_HA,
        rules: [{ kind: 'ResourceAffinity', name: 'together', vmids: [101, 102], affinity: 'Positive' }],
      },
    },
  ],
  [
    'MovesWithOthers',
    'Proxmox HA would move vm:102 along with it',
    { examination: examined({ dependents: ['vm:102'] }) },
  ],
  [
    'RefusedByProxmox',
    'Proxmox refuses: VM is locked (backup)',
    { examination: { kind: 'Refused', detail: 'VM is locked (backup)' } },
  ],
  [
    'NotExamined',
    'it could not be looked at: timed out',
    { examination: { kind: 'Unread', detail: 'timed out' } },
  ],
  [
    'Passthrough',
    'it uses devices of its node: hostpci0, usb1',
    { examination: examined({ devices: ['hostpci0', 'usb1'] }) },
  ],
  [
    'LocalDisk',
    'it has disks on storage of its node alone: scsi0 (local:vm-100-disk-0)',
    { examination: examined({ volumes: [volume(), local] }) },
  ],
  [
    'LocalDisk',
    'it has disks on storage of its node alone: rootfs (local:vm-100-disk-0)',
    { type: 'lxc', examination: examined({ volumes: [volume({ key: 'rootfs', storage: 'local' })] }) },
    { containers: 'Restart' },
  ],
  [
    'LocalImage',
    'its ide2 (local:iso/x.iso) is of its node alone and cannot be copied',
    {
      examination: examined({
        volumes: [{ ...local, key: 'ide2', volume: 'local:iso/x.iso', kind: 'Image' }],
      }),
    },
    { localDisks: true },
  ],
  [
    'LocalImage',
    'its mp0 (/srv/data) is of its node alone and cannot be copied',
    {
      type: 'lxc',
      examination: examined({
        volumes: [{ ...local, key: 'mp0', volume: '/srv/data', storage: undefined, kind: 'NodePath' }],
      }),
    },
    { containers: 'Restart', localDisks: true },
  ],
  ['NodeUnavailable', 'its node is offline', { node: 'pve9' }],
  ['NodeUnavailable', 'its node is not in the cluster', { node: 'pve8' }],
];

describe('a guest', () => {
  for (const [what, traits, policy, clusterTraits] of MOVABLE) {
    it(`may move: ${what}`, () => {
      const plan = planWith(traits, policy, clusterTraits);
      expect(plan.migrations.map(({ vmid }) => vmid)).to.deep.equal([101]);
      expect(plan.skipped).to.deep.equal([]);
    });
  }

  for (const [block, reason, traits, policy, clusterTraits] of BLOCKED) {
    it(`may not move: ${reason}`, () => {
      const plan = planWith(traits, policy, clusterTraits);
      expect(plan.migrations.map(({ vmid }) => vmid)).to.deep.equal([102]);
      expect(plan.skipped).to.deep.equal([
        { vmid: 101, name: 'vm-101', node: traits.node ?? 'pve1', block, reason },
      ]);
    });
  }

  it('of an excluded node may not move', () => {
    const plan = planWith({}, { exclusions: { nodes: ['pve2'] } });
    expect(plan.skipped.map(({ vmid, block, reason }) => [vmid, block, reason])).to.deep.equal([
      [104, 'NodeExcluded', 'its node is excluded by the policy'],
    ]);
  });

  it('of a node that is in maintenance or not known may not move', () => {
    const plan = planCslb(
      cluster({
        nodes: [absentNode('pve1', 'Maintenance'), absentNode('pve2', 'Unknown')],
        guests: [guest(102, 'pve2'), guest(101, 'pve1')],
      }),
      settings(),
    );
    expect(plan.skipped.map(({ reason }) => reason)).to.deep.equal([
      'its node is in maintenance',
      'the figures of its node are not known',
    ]);
  });

  it('that is stopped is neither moved nor mentioned; a template is mentioned', () => {
    const moves = (plan: Plan) => plan.migrations.map(({ vmid }) => vmid);
    const stopped = planWith({ status: 'stopped' });
    expect(moves(stopped)).to.deep.equal([102]);
    expect(stopped.skipped).to.deep.equal([]);
    const template = planWith({ status: 'stopped', template: true });
    expect(moves(template)).to.deep.equal([102]);
    expect(template.skipped.map(({ vmid, block }) => [vmid, block])).to.deep.equal([[101, 'Template']]);
  });
});
