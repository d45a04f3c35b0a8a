import { expect } from 'chai';
import type { Cluster, Guest } from '../../../src/balancing/cluster.ts';
import type { GuestExamination } from '../../../src/balancing/guest-examination.ts';
import { NO_HA } from '../../../src/balancing/high-availability.ts';
import { planOptimize } from '../../../src/balancing/optimize/optimize.ts';
import type { Plan, PlannedMigration } from '../../../src/balancing/plan.ts';
import { whyNoLongerPossible } from '../../../src/balancing/recheck.ts';
import { cluster, examined, gib, guest, haService, node, settings } from '../../support/cluster-model.ts';

/** Three guests of 10 GiB on pve1, which HA keeps together, unless the traits of one say otherwise. */
function model(
  traits: Readonly<Record<number, Partial<Guest>>> = {},
  changes: Partial<Cluster> = {},
): Cluster {
  const vmids = [101, 102, 103];
  return cluster({
    nodes: [node('pve1', { memoryUsedGib: 60 }), node('pve2', { memoryUsedGib: 5 })],
    guests: vmids.map((vmid) =>
      guest(vmid, 'pve1', { ha: haService(), memoryBytes: gib(10), cpuUsedShare: 0, ...traits[vmid] }),
    ),
    ha: { ...NO_HA, rules: [{ kind: 'ResourceAffinity', name: 'trio', vmids, affinity: 'Positive' }] },
    ...changes,
  });
}

const OPTIMIZE = settings({ strategy: 'Optimize', tolerance: 0.3 });
const LEAD: PlannedMigration = {
  vmid: 101,
  type: 'qemu',
  name: 'vm-101',
  source: 'pve1',
  target: 'pve2',
  memoryBytes: gib(10),
  companions: [102, 103].map((vmid) => ({ vmid, type: 'qemu', name: `vm-${vmid}`, memoryBytes: gib(10) })),
  reason: '',
};

function plan(state: Cluster): Plan {
  return planOptimize(state, OPTIMIZE);
}

function reasonsOf({ skipped }: Plan): readonly string[] {
  return skipped.map(({ vmid, block, reason }) => `${vmid} ${block}: ${reason}`);
}

/** What PVE says of guest 101. */
function saying(dependents: readonly string[]): { readonly examination: GuestExamination } {
  return { examination: examined({ dependents }) };
}

describe('guests that HA keeps together', () => {
  it('are one migration where all of them may move', () => {
    const { migrations } = plan(model({ 101: saying(['vm:103', 'vm:102']) }));
    expect(migrations).to.have.lengthOf(1);
    expect(migrations[0]?.companions.map(({ vmid }) => vmid)).to.deep.equal([102, 103]);
  });

  const held: readonly (readonly [string, Readonly<Record<number, Partial<Guest>>>, string])[] = [
    [
      'Proxmox would take another one along as well',
      { 101: saying(['vm:102', 'vm:103', 'vm:900']) },
      '101 MovesWithOthers: Proxmox HA would move vm:900 along with it',
    ],
    [
      'Proxmox would leave one of them behind',
      { 101: saying(['vm:102']) },
      '101 MovesWithOthers: Proxmox HA would move guest 102, guest 103 along with it',
    ],
    [
      'one is of another type than Proxmox says',
      { 101: saying(['vm:102', 'ct:103']) },
      '101 MovesWithOthers: Proxmox HA would move guest 102, guest 103 along with it',
    ],
    [
      'one is not managed by HA',
      { 103: { ha: undefined } },
      '101 MovesWithOthers: Proxmox HA would move guest 102, guest 103 along with it',
    ],
    [
      'one is on another node',
      { 103: { node: 'pve2' } },
      '101 MovesWithOthers: Proxmox HA would move guest 102, guest 103 along with it',
    ],
    [
      'one may not move',
      { 103: { restsUntil: '2026-01-01T00:00:00Z' } },
      '103 CoolingDown: rests until 2026-01-01T00:00:00Z',
    ],
    [
      'a closer look at one has found something',
      { 103: { examination: examined({ devices: ['hostpci0'] }) } },
      '103 Passthrough: it uses devices of its node: hostpci0',
    ],
    [
      'Proxmox would leave the one to ask for behind',
      { 102: saying(['vm:103']) },
      '101 MovesWithOthers: Proxmox HA would move guest 102, guest 103 along with it',
    ],
  ];
  for (const [what, traits, reason] of held) {
    it(`stay where ${what}`, () => {
      const found = plan(model(traits));
      // One that HA does not manage is bound by none of its rules.
      const moved = found.migrations.map(({ vmid }) => vmid);
      expect(moved).to.deep.equal(what === 'one is not managed by HA' ? [103] : []);
      expect(reasonsOf(found)).to.include(reason);
    });
  }

  it('stay where they are more than the record of a migration has room for', () => {
    const vmids = Array.from({ length: 18 }, (_, index) => 101 + index);
    const small = { ha: haService(), memoryBytes: gib(3), cpuUsedShare: 0 };
    const group = (count: number): Cluster => {
      const members = vmids.slice(0, count);
      return model(
        {},
        {
          guests: members.map((vmid) => guest(vmid, 'pve1', small)),
          ha: {
            ...NO_HA,
            rules: [{ kind: 'ResourceAffinity', name: 'all', vmids: members, affinity: 'Positive' }],
          },
        },
      );
    };
    expect(plan(group(17)).migrations.map(({ companions }) => companions.length)).to.deep.equal([16]);
    const tooMany = plan(group(18));
    expect(tooMany.migrations).to.deep.equal([]);
    expect(reasonsOf(tooMany)[0]).to.equal(
      '101 MovesWithOthers: Proxmox HA would move guest 102, guest 103, guest 104, guest 105, guest 106 and 12 more along with it, and a migration has 16 companions at most',
    );
  });

  const looks: readonly (readonly [string, string | undefined, Cluster, Partial<PlannedMigration>?])[] = [
    ['nothing has changed', undefined, model()],
    [
      'the name of one was shortened in the plan',
      undefined,
      model({ 103: { name: 'a-long-name-of-a-guest' } }),
      {
        companions: LEAD.companions.map((each) => (each.vmid === 103 ? { ...each, name: 'a-long-…' } : each)),
      },
    ],
    [
      'one has another name',
      'Proxmox HA would move other guests along than planned',
      model({ 103: { name: 'new' } }),
    ],
    [
      'one is a container now',
      'Proxmox HA would move other guests along than planned',
      model({ 103: { type: 'lxc', status: 'running' } }, {}),
    ],
    [
      'fewer were planned',
      'Proxmox HA would move other guests along than planned',
      model(),
      { companions: LEAD.companions.slice(0, 1) },
    ],
    [
      'one was locked',
      'Proxmox HA would move guest 102, guest 103 along with it',
      model({ 103: { lock: 'backup' } }),
    ],
    [
      'the target has room for some of them',
      'pve2 has no room for its memory',
      model({}, { incoming: [{ node: 'pve2', vmid: 900, bytes: gib(70) }] }),
    ],
  ];
  for (const [what, reason, state, traits] of looks) {
    it(`when ${what}, at the last look: ${reason ?? 'may begin'}`, () => {
      const policy = settings({ strategy: 'Optimize', containers: 'Restart' });
      expect(whyNoLongerPossible({ ...LEAD, ...traits }, state, policy)).to.equal(reason);
    });
  }
});
