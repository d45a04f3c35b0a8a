import { expect } from 'chai';
import type { Cluster } from '../../../src/balancing/cluster.ts';
import type { HaRule } from '../../../src/balancing/high-availability.ts';
import type { Placement } from '../../../src/balancing/placement.ts';
import { makePlan } from '../../../src/balancing/planner.ts';
import { haService, settings } from '../../support/cluster-model.ts';
import { loaded, vm } from '../../support/loaded-cluster.ts';
import { rule } from '../../support/placement-settings.ts';

const ha = haService();
const GUESTS = [vm(101, 'pve1', 1, 0, { ha }), vm(102, 'pve2', 1, 0, { ha }), vm(103, 'pve3', 1, 0, { ha })];

function problemsOf(placement: Partial<Placement>, rules: readonly HaRule[] = []): string[] {
  const model: Cluster = loaded(['pve1', 'pve2', 'pve3'], GUESTS, {
    ha: { hold: undefined, nativeRebalancing: false, rules, services: [] },
  });
  const wanted = settings({ placement: { rules: [], drainNodes: [], memoryReserveShare: 0, ...placement } });
  return makePlan(model, wanted).problems.map(({ subject, kind, reason }) => `${kind}: ${subject} ${reason}`);
}

const resourceAffinity = (affinity: 'Positive' | 'Negative'): HaRule => ({
  kind: 'ResourceAffinity',
  name: 'ha',
  vmids: [101, 102],
  affinity,
});

describe('the problems of a placement', () => {
  it('are none where everything can be had', () => {
    const rules = [rule('AntiAffinity', [101, 102, 103]), rule('Pin', [101], { nodes: ['pve1'] })];
    expect(problemsOf({ rules, drainNodes: [] })).to.deep.equal([]);
    expect(problemsOf({})).to.deep.equal([]);
  });

  const cases: readonly [string, Partial<Placement>, readonly HaRule[], string][] = [
    [
      'a rule that names no guest',
      { rules: [rule('AntiAffinity', [], { name: 'db', tags: ['db'] })] },
      [],
      "NoGuests: rule 'db' names no guest of the cluster at present",
    ],
    [
      'a pin to nodes that do not exist',
      { rules: [rule('Pin', [101], { name: 'old', nodes: ['pve9'] })] },
      [],
      "Conflict: rule 'old' pins to nodes that the cluster does not have",
    ],
    [
      'guests that are to be together and apart',
      {
        rules: [
          rule('Affinity', [101, 102], { name: 'a' }),
          rule('AntiAffinity', [101, 102, 103], { name: 'b' }),
        ],
      },
      [],
      "Conflict: rule 'b' keeps guests 101 and 102 apart, which rule 'a' wants together",
    ],
    [
      'guests that are to be together by two rules, and apart',
      {
        rules: [
          rule('Affinity', [101, 102], { name: 'a' }),
          rule('Affinity', [102, 103], { name: 'b' }),
          rule('AntiAffinity', [101, 103], { name: 'c' }),
        ],
      },
      [],
      "Conflict: rule 'c' keeps guests 101 and 103 apart, which rule 'a' wants together",
    ],
    [
      'more guests to keep apart than nodes',
      { rules: [rule('AntiAffinity', [101, 102, 103], { name: 'db' })], drainNodes: ['pve3'] },
      [],
      "Conflict: rule 'db' keeps 3 guests apart, and there are 2 nodes for them",
    ],
    [
      'guests together that are pinned to different nodes',
      {
        rules: [
          rule('Affinity', [101, 102], { name: 'a' }),
          rule('Pin', [101], { name: 'p1', nodes: ['pve1'] }),
          rule('Pin', [102], { name: 'p2', nodes: ['pve2'] }),
        ],
      },
      [],
      "Conflict: rule 'a' wants guests together that other rules allow on no common node",
    ],
    [
      'a pin to a node that is to be drained',
      { rules: [rule('Pin', [101], { name: 'p', nodes: ['pve1'] })], drainNodes: ['pve1'] },
      [],
      "Conflict: rule 'p' pins guest 101 to pve1, where drainNodes, exclusions, HA or other rules do not allow it",
    ],
    [
      'apart what HA keeps together',
      { rules: [rule('AntiAffinity', [101, 102], { name: 'x' })] },
      [resourceAffinity('Positive')],
      "Conflict: rule 'x' keeps guests 101 and 102 apart, which HA rule 'ha' wants together",
    ],
    [
      'together what HA keeps apart',
      { rules: [rule('Affinity', [101, 102], { name: 'x' })] },
      [resourceAffinity('Negative')],
      "Conflict: rule 'x' wants guests together that HA rule 'ha' keeps apart",
    ],
    [
      'every node to be drained',
      { drainNodes: ['pve*'] },
      [],
      'Conflict: drainNodes names every node, so that none is left for the guests',
    ],
    [
      'nodes to be drained that do not exist',
      { drainNodes: ['pve9'] },
      [],
      'NoGuests: drainNodes names no node of the cluster at present (pve9)',
    ],
  ];
  for (const [what, placement, rules, problem] of cases) {
    it(`are named: ${what}`, () => {
      expect(problemsOf(placement, rules)).to.include(problem);
    });
  }

  it('are told the same in whatever order Proxmox lists the rules of HA', () => {
    const placement = { rules: [rule('Affinity', [101, 102], { name: 'x' })] };
    const rules = ['a', 'b'].map((name) => ({ ...resourceAffinity('Negative'), name }));
    expect(problemsOf(placement, rules)).to.deep.equal([
      "Conflict: rule 'x' wants guests together that HA rule 'a' keeps apart",
    ]);
    expect(problemsOf(placement, rules.toReversed())).to.deep.equal(problemsOf(placement, rules));
  });

  it('are none of rules that are only preferred, but where nothing is meant at all', () => {
    const preferred = { enforcement: 'Preferred' } as const;
    const rules = [
      rule('Affinity', [101, 102], { ...preferred, name: 'a' }),
      rule('AntiAffinity', [101, 102], preferred),
    ];
    expect(problemsOf({ rules })).to.deep.equal([]);
  });
});
