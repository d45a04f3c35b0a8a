import { expect } from 'chai';
import type { Guest } from '../../../src/balancing/cluster.ts';
import { planCslb } from '../../../src/balancing/cslb.ts';
import type { Plan } from '../../../src/balancing/plan.ts';
import {
  absentNode,
  cluster,
  guest,
  node,
  type SettingsTraits,
  settings,
} from '../../support/cluster-model.ts';

/** A plan in which guest 101 is the lightest of a heavy node, 102 to 104 stay movable beside it. */
function planWith(traits: Partial<Guest>, policy: SettingsTraits = {}): Plan {
  return planCslb(
    cluster({
      nodes: [node('pve1', { load: 13 }), node('pve2'), node('pve3'), absentNode('pve9', 'Offline')],
      guests: [
        guest(101, 'pve1', { cpuUsedShare: 0.1, ...traits }),
        guest(102, 'pve1', { type: 'qemu' }),
        guest(103, 'pve1', { type: 'qemu' }),
        guest(104, 'pve2', { type: 'qemu' }),
      ],
    }),
    settings(policy),
  );
}

const MOVABLE: readonly (readonly [string, Partial<Guest>, SettingsTraits])[] = [
  ['a running VM', {}, {}],
  ['a container with Restart', { type: 'lxc' }, { containers: 'Restart' }],
  ['a VM when containers are excluded', {}, { exclusions: { types: ['lxc'] } }],
  [
    'a guest of another tag and pool',
    { tags: ['a'], pool: 'b' },
    { exclusions: { tags: ['b'], pools: ['a'] } },
  ],
  ['a guest without pool where all pools are excluded', {}, { exclusions: { pools: ['*'] } }],
  ['a guest of a similar tag', { tags: ['pve-cslb-ignored'] }, {}],
];

const BLOCKED: readonly (readonly [string, Partial<Guest>, SettingsTraits])[] = [
  ['not running but paused', { status: 'paused' }, {}],
  ['locked (backup)', { lock: 'backup' }, {}],
  ['excluded by its tag pve-cslb-ignore', { tags: ['a', 'pve-cslb-ignore'] }, {}],
  ['excluded by VMID', {}, { exclusions: { vmids: [101] } }],
  ['excluded by type', { type: 'lxc' }, { containers: 'Restart', exclusions: { types: ['lxc'] } }],
  ['excluded by its tag pinned-1', { tags: ['a', 'pinned-1'] }, { exclusions: { tags: ['pinned-*'] } }],
  ['excluded by its pool prod/db', { pool: 'prod/db' }, { exclusions: { pools: ['prod/*'] } }],
  ['a task runs on it (vzdump)', { activeTask: 'vzdump' }, {}],
  ['managed by Proxmox HA, whose guests are not moved yet', { haManaged: true }, {}],
  [
    'a container moves only by restart, which the policy forbids (migration.containers: Never)',
    { type: 'lxc' },
    {},
  ],
  ['has replication jobs, whose guests are not moved yet', { replicated: true }, {}],
  ['its disk is on a local storage', { withheld: 'its disk is on a local storage' }, {}],
  ['its node is offline', { node: 'pve9' }, {}],
  ['its node is not in the cluster', { node: 'pve8' }, {}],
];

describe('a guest', () => {
  for (const [what, traits, policy] of MOVABLE) {
    it(`may move: ${what}`, () => {
      const plan = planWith(traits, policy);
      expect(plan.migrations.map(({ vmid }) => vmid)).to.deep.equal([101]);
      expect(plan.skipped).to.deep.equal([]);
    });
  }

  for (const [reason, traits, policy] of BLOCKED) {
    it(`may not move: ${reason}`, () => {
      const plan = planWith(traits, policy);
      expect(plan.migrations.map(({ vmid }) => vmid)).to.deep.equal([102]);
      expect(plan.skipped).to.deep.equal([{ vmid: 101, name: 'vm-101', reason }]);
    });
  }

  it('of an excluded node may not move', () => {
    const plan = planWith({}, { exclusions: { nodes: ['pve2'] } });
    expect(plan.skipped).to.deep.equal([
      { vmid: 104, name: 'vm-104', reason: 'its node is excluded by the policy' },
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

  it('that is stopped or a template is neither moved nor mentioned', () => {
    for (const traits of [{ status: 'stopped' }, { status: 'stopped', template: true }]) {
      const plan = planWith(traits);
      expect(plan.migrations.map(({ vmid }) => vmid)).to.deep.equal([102]);
      expect(plan.skipped).to.deep.equal([]);
    }
  });
});
