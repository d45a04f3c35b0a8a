import { expect } from 'chai';
import type { Cluster, Guest } from '../../../../src/balancing/cluster.ts';
import { NO_HA } from '../../../../src/balancing/high-availability.ts';
import { planOptimize } from '../../../../src/balancing/optimize/optimize.ts';
import { whyNoLongerPossible } from '../../../../src/balancing/recheck.ts';
import { haService } from '../../../support/cluster-model.ts';
import { loaded, vm } from '../../../support/loaded-cluster.ts';
import { optimize, rule } from '../../../support/placement-settings.ts';

const ha = haService();
const THREE = ['pve1', 'pve2', 'pve3'];

/** HA keeps the guests of these VMIDs together. */
function withGroup(vmids: readonly number[], guests: readonly Guest[], names = THREE): Cluster {
  return loaded(names, guests, {
    ha: { ...NO_HA, rules: [{ kind: 'ResourceAffinity', name: 'group', vmids, affinity: 'Positive' }] },
  });
}

describe('Optimize, with guests that HA keeps together', () => {
  it('brings them all to the one that a rule wants them with, and may at the last look', () => {
    const group = [101, 102, 103].map((vmid) => vm(vmid, 'pve1', 5, 0, { ha }));
    const model = withGroup([101, 102, 103], [...group, vm(104, 'pve2', 5)]);
    const rules = [rule('Affinity', [101, 102, 103, 104])];
    const settings = optimize({ placement: { rules, drainNodes: ['pve1'] } });
    const { migrations, unmet, skipped } = planOptimize(model, settings);

    expect(migrations.map(({ vmid, target }) => `${vmid} ${target}`)).to.deep.equal(['101 pve2']);
    expect(unmet.after).to.equal(0);
    expect(skipped.map(({ vmid }) => vmid)).to.not.include.members([101, 102, 103]);
    expect(migrations.map((each) => whyNoLongerPossible(each, model, settings))).to.deep.equal([undefined]);
  });

  it('counts each of them where a rule wants guests together', () => {
    // On pve1 three of the five are together; without the two there would be two anywhere.
    const locked = { lock: 'backup' };
    const model = withGroup(
      [101, 102],
      [
        vm(101, 'pve1', 20, 0, { ha }),
        vm(102, 'pve1', 20, 0, { ha }),
        vm(103, 'pve1', 1, 0, locked),
        vm(104, 'pve2', 45, 0, locked),
        vm(105, 'pve2', 45, 0, locked),
      ],
    );
    const rules = [rule('Affinity', [101, 102, 103, 104, 105])];
    const plan = planOptimize(model, optimize({ placement: { rules, drainNodes: ['pve1'] } }));

    expect(plan.migrations).to.deep.equal([]);
    expect(plan.unmet).to.deep.equal({ before: 4, after: 4 });
  });

  it('says of each that is left why all of them are', () => {
    const model = withGroup(
      [101, 102],
      [
        vm(101, 'pve1', 30, 0, { ha }),
        vm(102, 'pve1', 30, 0, { ha }),
        vm(103, 'pve1', 30, 0, { lock: 'backup' }),
        vm(104, 'pve2', 50, 0, { lock: 'backup' }),
      ],
      ['pve1', 'pve2'],
    );
    const { migrations, skipped } = planOptimize(model, optimize());

    expect(migrations).to.deep.equal([]);
    // Each alone would fit.
    expect(skipped.map(({ vmid, block }) => `${vmid} ${block}`).slice(0, 2)).to.deep.equal([
      '101 NoRoom',
      '102 NoRoom',
    ]);
  });
});
