import { expect } from 'chai';
import { BLOCK_REASONS } from '../../../../src/api/block-reasons.ts';
import { planCslb } from '../../../../src/balancing/cslb.ts';
import { planFigures } from '../../../../src/controllers/balance-policy/policy-figures.ts';
import { cluster, guest, node, settings } from '../../../support/cluster-model.ts';

const TIME = '2026-01-01T00:00:00Z';

function figuresOf(guests: Parameters<typeof cluster>[0]['guests'], tolerance = 0.05) {
  const nodes = [node('pve1', { load: 13 }), node('pve2'), node('pve3')];
  const plan = planCslb(cluster({ nodes, guests: guests ?? [] }), settings({ tolerance }));
  return planFigures(plan, 'id', TIME);
}

describe('the plan in a status', () => {
  it('counts the guests that may not move by reason, the most frequent first', () => {
    const { plan } = figuresOf([
      ...[109, 108, 107, 106, 105, 104].map((vmid) => guest(vmid, 'pve1', { lock: 'backup' })),
      guest(102, 'pve2', { type: 'lxc' }),
      guest(101, 'pve3', { type: 'lxc' }),
      guest(100, 'pve3', { activeTask: 'vzdump', name: 'n'.repeat(200) }),
    ]);
    expect(plan?.migrations).to.deep.equal([]);
    expect(plan?.blocked).to.deep.equal([
      {
        reason: 'Locked',
        count: 6,
        examples: [104, 105, 106, 107, 108].map((vmid) => ({ vmid, name: `vm-${vmid}` })),
      },
      {
        reason: 'ContainerNeedsRestart',
        count: 2,
        examples: [
          { vmid: 101, name: 'vm-101' },
          { vmid: 102, name: 'vm-102' },
        ],
      },
      { reason: 'BusyWithTask', count: 1, examples: [{ vmid: 100, name: `${'n'.repeat(47)}…` }] },
    ]);
  });

  it('is there when anything is planned or blocked, and only then', () => {
    const movable = [guest(101, 'pve1'), guest(102, 'pve1')];
    expect(figuresOf(movable).plan).to.deep.include({ migrationCount: 1, blocked: [] });
    expect(figuresOf(movable, 1)).to.not.have.property('plan');
    expect(figuresOf([...movable, guest(103, 'pve2', { lock: 'backup' })], 1).plan).to.include({
      migrationCount: 0,
    });
  });

  it('shows the spread of each resource, and what is required and not so, where the strategy looks at them', () => {
    const nodes = [node('pve1'), node('pve2')];
    const plan = planCslb(cluster({ nodes, guests: [] }), settings());
    const { imbalance } = planFigures(
      {
        ...plan,
        strategy: 'Optimize',
        imbalance: {
          value: 0.2345,
          tolerance: 0.1,
          mean: undefined,
          deviation: undefined,
          resources: [
            { name: 'cpu', spread: 0.2345 },
            { name: 'memory', spread: 0 },
          ],
        },
        unmet: { before: 2, after: 0 },
      },
      'id',
      TIME,
    );
    expect(imbalance).to.deep.equal({
      value: '23.4%',
      tolerance: '10.0%',
      unmet: 2,
      resources: [
        { name: 'cpu', spread: '23.4%' },
        { name: 'memory', spread: '0.0%' },
      ],
    });
  });

  it('has room for every reason', () => {
    expect(Object.keys(BLOCK_REASONS).length).to.be.at.most(40);
    for (const [reason, sentence] of Object.entries(BLOCK_REASONS)) {
      expect(reason).to.match(/^[A-Z][A-Za-z]{3,39}$/);
      expect(sentence).to.match(/^[A-Z].*\.$/);
    }
  });
});
