import { expect } from 'chai';
import { planOptimize } from '../../../../src/balancing/optimize/optimize.ts';
import type { Plan } from '../../../../src/balancing/plan.ts';
import { haService } from '../../../support/cluster-model.ts';
import { loaded, vm } from '../../../support/loaded-cluster.ts';
import { optimize, rule } from '../../../support/placement-settings.ts';

const TWO = ['pve1', 'pve2'];
const THREE = [...TWO, 'pve3'];
const locked = { lock: 'backup' };

function reasonsOf({ migrations }: Plan): string[] {
  return migrations.map(({ vmid, reason }) => `${vmid} ${reason.split(':')[0]}`);
}

function leftOf({ skipped }: Plan): string[] {
  return skipped.filter(({ block }) => block !== 'Locked').map(({ vmid, reason }) => `${vmid} ${reason}`);
}

describe('what Optimize says of a migration', () => {
  it('is that it makes room, where that is all it does', () => {
    const rules = [rule('Pin', [101], { name: 'p', nodes: ['pve2'] })];
    const guests = [vm(101, 'pve1', 60), vm(102, 'pve2', 50), vm(103, 'pve3', 20, 0, locked)];
    const plan = planOptimize(loaded(THREE, guests), optimize({ tolerance: 1, placement: { rules } }));

    expect(reasonsOf(plan)).to.deep.equal([
      '102 makes room on pve2 for another guest',
      "101 rule 'p' does not allow pve1",
    ]);
  });

  it('names a rule of HA as such', () => {
    const ha = haService();
    const model = loaded(TWO, [vm(101, 'pve1', 1, 0, { ha }), vm(102, 'pve1', 1, 0, { ha })], {
      ha: {
        hold: undefined,
        nativeRebalancing: false,
        rules: [{ kind: 'ResourceAffinity', name: 'db', vmids: [101, 102], affinity: 'Negative' }],
        services: [],
      },
    });
    const plan = planOptimize(model, optimize());

    expect(plan.migrations.map(({ reason }) => reason.split(':')[0])).to.deep.equal([
      "HA rule 'db' keeps it apart from others on pve1",
    ]);
  });

  it('names no rule that a migration has nothing to do with', () => {
    // 102 and 103 hold their rule's guests apart for good; 101 goes for the sake of balance.
    const guests = [
      vm(101, 'pve1', 20),
      vm(102, 'pve1', 20, 0, locked),
      vm(103, 'pve2', 1, 0, locked),
      vm(104, 'pve3', 20),
    ];
    const rules = [
      rule('Affinity', [101, 102, 103], { name: 'web' }),
      rule('Pin', [101, 104], { nodes: ['*'] }),
    ];
    const plan = planOptimize(loaded(THREE, guests), optimize({ tolerance: 0.2, placement: { rules } }));

    for (const { vmid, target, reason } of plan.migrations) {
      if (vmid === 101 && target === 'pve2') expect(reason).to.not.match(/^rule/);
    }
  });
});

describe('what Optimize says of a guest that it leaves', () => {
  it('is why no other node takes any, where none does', () => {
    const model = loaded(TWO, [vm(101, 'pve1', 30), vm(102, 'pve1', 30)]);
    const nodes = model.nodes.map((each) => (each.name === 'pve2' ? { ...each, uptimeSeconds: 60 } : each));
    const plan = planOptimize({ ...model, nodes }, optimize());

    expect(leftOf(plan)).to.deep.equal([
      '101 pve2 has been up for less than 5 minutes',
      '102 pve2 has been up for less than 5 minutes',
    ]);
    const drained = planOptimize(model, optimize({ placement: { drainNodes: ['pve*'] } }));
    expect(leftOf(drained)).to.deep.equal(['101 pve2 is to be drained', '102 pve2 is to be drained']);
  });

  it('is why it cannot come to those that it belongs with', () => {
    const guests = [vm(101, 'pve1', 60), vm(102, 'pve2', 60), vm(103, 'pve3', 60, 0, locked)];
    const plan = planOptimize(
      loaded(THREE, guests),
      optimize({ placement: { rules: [rule('Affinity', [101, 102])] } }),
    );

    expect(plan.unmet.after).to.equal(1);
    expect(leftOf(plan)).to.deep.equal([
      '101 pve2 has no room for its memory',
      '102 pve1 has no room for its memory',
    ]);
  });

  it('is about the nodes that its pin allows', () => {
    const guests = [vm(101, 'pve1', 60), vm(102, 'pve2', 60, 0, locked), vm(103, 'pve3', 1, 0, locked)];
    const plan = planOptimize(
      loaded(THREE, guests),
      optimize({ tolerance: 1, placement: { rules: [rule('Pin', [101], { nodes: ['pve2'] })] } }),
    );

    expect(leftOf(plan)).to.deep.equal(['101 pve2 has no room for its memory']);
  });

  it('counts the memory that the plan has filled, also where memory does not count', () => {
    const guests = [vm(101, 'pve1', 60, 16), vm(102, 'pve1', 40, 12), vm(103, 'pve2', 30, 0, locked)];
    const plan = planOptimize(loaded(TWO, guests), optimize({ weights: { cpu: 1, memory: 0 } }));

    expect(plan.migrations.map(({ vmid }) => vmid)).to.deep.equal([102]);
    expect(leftOf(plan)).to.deep.equal(['101 pve2 has no room for its memory']);
  });

  it('is nothing of those that it moves', () => {
    const guests = [vm(101, 'pve1', 0, 8), vm(102, 'pve1', 0, 16)];
    const plan = planOptimize(loaded(TWO, guests), optimize());

    expect(plan.migrations).to.have.length(1);
    expect(plan.predicted.value).to.equal(0.25);
    expect(leftOf(plan)).to.deep.equal([]);
  });
});

describe('what Optimize says where it moves nothing', () => {
  it('is that more migrations were needed than are allowed', () => {
    const guests = [
      vm(101, 'pve1', 50),
      vm(102, 'pve2', 30),
      vm(103, 'pve1', 20, 0, locked),
      vm(104, 'pve2', 10, 0, locked),
    ];
    const model = loaded(TWO, guests);

    expect(planOptimize(model, optimize({ maxMigrations: 2 })).migrations).to.have.length(2);
    const plan = planOptimize(model, optimize({ maxMigrations: 1 }));
    expect(plan).to.deep.include({ balanced: false, migrations: [] });
    expect(plan.exhausted).to.equal(
      'Optimize finds 2 migrations that help only together, and maxMigrations allows 1, though memory is 30.0% apart',
    );
    expect(leftOf(plan)).to.deep.equal([]);
  });
});
