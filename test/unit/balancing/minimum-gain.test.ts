import { expect } from 'chai';
import { makePlan } from '../../../src/balancing/planner.ts';
import { cluster, guest, node, settings } from '../../support/cluster-model.ts';

describe('the least gain of a plan', () => {
  const model = cluster({
    nodes: [
      node('pve1', { load: 11.5, memoryUsedGib: 80 }),
      node('pve2', { load: 0.5, memoryUsedGib: 20 }),
      node('pve3', { load: 1, memoryUsedGib: 30 }),
    ],
    guests: [guest(101, 'pve1'), guest(102, 'pve1'), guest(103, 'pve1')],
  });

  it('keeps a plan of Cslb from being made that gains less', () => {
    const plan = makePlan(model, settings());
    const gain = (plan.imbalance.value ?? 0) - (plan.predicted.value ?? 0);

    expect(plan.migrations).to.have.length(1);
    expect(makePlan(model, settings({ minimumGain: gain }))).to.deep.equal(plan);
    const none = makePlan(model, settings({ minimumGain: gain + 0.001 }));
    expect(none).to.deep.include({ balanced: false, migrations: [], predicted: plan.imbalance });
    expect(none.exhausted).to.match(/^The best plan would bring the imbalance from .*minimumGain/);
  });

  it('says nothing where nothing is to be gained', () => {
    expect(makePlan(model, settings({ tolerance: 5, minimumGain: 1 }))).to.deep.include({
      balanced: true,
      exhausted: undefined,
    });
  });
});
