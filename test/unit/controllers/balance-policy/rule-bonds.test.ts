import { expect } from 'chai';
import { indexCluster } from '../../../../src/balancing/cluster-index.ts';
import { NO_HA } from '../../../../src/balancing/high-availability.ts';
import { NO_PLACEMENT, type PlacementRule } from '../../../../src/balancing/placement.ts';
import { ruleBonds } from '../../../../src/controllers/balance-policy/rule-bonds.ts';
import { cluster, guest, node } from '../../../support/cluster-model.ts';

const NOBODY = { vmids: [], tags: [], pools: [] };

function rule(
  type: PlacementRule['type'],
  guests: Partial<PlacementRule['guests']>,
  enforcement: PlacementRule['enforcement'] = 'Required',
): PlacementRule {
  return {
    name: `${type.toLowerCase()}-${enforcement.toLowerCase()}`,
    type,
    guests: { ...NOBODY, ...guests },
    nodes: ['pve1'],
    enforcement,
  };
}

describe('the bonds between guests', () => {
  const model = cluster({
    nodes: [node('pve1')],
    guests: [101, 102, 103, 104, 105, 106].map((vmid) =>
      guest(vmid, 'pve1', { tags: vmid < 103 ? ['db'] : [] }),
    ),
    ha: {
      ...NO_HA,
      rules: [
        { kind: 'ResourceAffinity', name: 'apart', vmids: [103, 104], affinity: 'Negative' },
        { kind: 'ResourceAffinity', name: 'together', vmids: [104, 105], affinity: 'Positive' },
      ],
    },
  });
  const placement = {
    ...NO_PLACEMENT,
    rules: [
      rule('AntiAffinity', { tags: ['db'] }),
      rule('Affinity', { vmids: [105, 106] }),
      rule('Affinity', { vmids: [101, 105] }, 'Preferred'),
      rule('Pin', { vmids: [101, 106] }),
    ],
  };
  const bonds = ruleBonds(indexCluster(model, placement));

  it('are those of the rules of the policy and of HA, whichever way they name the guests', () => {
    type Pair = readonly [number, number, share: boolean, apart: boolean, together: boolean];
    const pairs: readonly Pair[] = [
      [101, 102, true, true, false],
      [103, 104, true, true, false],
      // HA moves them by one migration.
      [104, 105, true, false, false],
      [105, 106, true, false, true],
      [101, 105, true, false, false],
      // A Pin names many guests that have nothing to do with each other.
      [101, 106, false, false, false],
      [102, 103, false, false, false],
    ];
    for (const [left, right, share, apart, together] of pairs) {
      expect(bonds.shareRule(left, right), `${left} and ${right} share a rule`).to.equal(share);
      expect(bonds.areKeptApart(right, left), `${left} and ${right} are kept apart`).to.equal(apart);
      expect(bonds.areBroughtTogether(left, right), `${left} and ${right} come together`).to.equal(together);
    }
  });

  it('bind no guest to itself', () => {
    expect(bonds.shareRule(101, 101)).to.equal(false);
    expect(bonds.areKeptApart(101, 101)).to.equal(false);
  });
});
