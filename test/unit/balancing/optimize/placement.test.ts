import { expect } from 'chai';
import type { Cluster } from '../../../../src/balancing/cluster.ts';
import type { HaRule } from '../../../../src/balancing/high-availability.ts';
import { planOptimize } from '../../../../src/balancing/optimize/optimize.ts';
import type { Plan } from '../../../../src/balancing/plan.ts';
import { gib, haService, node } from '../../../support/cluster-model.ts';
import { loaded, vm } from '../../../support/loaded-cluster.ts';
import { optimize, rule } from '../../../support/placement-settings.ts';

const THREE = ['pve1', 'pve2', 'pve3'];

function movesOf({ migrations }: Plan): string[] {
  return migrations.map(({ vmid, source, target }) => `${vmid} ${source} ${target}`);
}

function reasonsOf({ migrations }: Plan): string[] {
  return migrations.map(({ reason }) => reason.split(':')[0] ?? '');
}

function withHa(model: Cluster, ...rules: readonly HaRule[]): Cluster {
  return { ...model, ha: { hold: undefined, nativeRebalancing: false, rules, services: [] } };
}

describe('Optimize, with rules', () => {
  it('parts guests that a rule keeps apart, though the loads are even', () => {
    const model = loaded(THREE, [vm(101, 'pve1', 2), vm(102, 'pve1', 2), vm(103, 'pve2', 2)]);
    const plan = planOptimize(
      model,
      optimize({ placement: { rules: [rule('AntiAffinity', [101, 102, 103], { name: 'db' })] } }),
    );

    expect(movesOf(plan)).to.have.length(1);
    expect(movesOf(plan)[0]).to.match(/^10[12] pve1 pve3$/);
    expect(reasonsOf(plan)).to.deep.equal(["rule 'db' keeps it apart from others on pve1"]);
    expect(plan.unmet).to.deep.equal({ before: 1, after: 0 });
    expect(plan.balanced).to.equal(false);
  });

  it('never puts two of them on one node for the sake of balance', () => {
    const model = loaded(['pve1', 'pve2'], [vm(101, 'pve1', 30), vm(102, 'pve2', 1)]);
    const plan = planOptimize(model, optimize({ placement: { rules: [rule('AntiAffinity', [101, 102])] } }));

    expect(plan.migrations).to.deep.equal([]);
    expect(plan.skipped.map(({ vmid, block }) => [vmid, block])).to.deep.equal([[101, 'KeptApart']]);
  });

  it('exchanges guests where nothing else works, one of them by way of a third node', () => {
    // Neither fits beside the other: 10 GiB are free on pve1 and pve2, and 40 on pve3.
    const guests = [
      vm(101, 'pve1', 40, 1),
      vm(102, 'pve2', 40, 5),
      vm(103, 'pve1', 50, 0, { lock: 'backup' }),
      vm(104, 'pve2', 50, 4, { lock: 'backup' }),
      vm(105, 'pve3', 60, 7, { lock: 'backup' }),
    ];
    const plan = planOptimize(loaded(THREE, guests), optimize({ weights: { cpu: 1, memory: 0 } }));

    expect(movesOf(plan)).to.deep.equal(['101 pve1 pve3', '102 pve2 pve1', '101 pve3 pve2']);
    expect(reasonsOf(plan)[0]).to.equal('makes room on pve1 for another guest and goes on later');
    expect(plan.predicted.value).to.be.closeTo(2 / 32, 1e-9);
  });

  it('has no guest step aside where there is another way', () => {
    // 101 and 102 could change places by way of a third node, since they must not meet.
    const guests = [
      vm(100, 'pve2', 9, 2.2),
      vm(101, 'pve3', 2, 0.1),
      vm(102, 'pve5', 6, 2.3),
      vm(103, 'pve3', 12, 0.1),
      vm(104, 'pve5', 11, 3),
      vm(105, 'pve1', 7, 1.1),
      vm(106, 'pve1', 9, 3.5),
      vm(107, 'pve3', 7, 1),
      vm(108, 'pve4', 2, 1),
    ];
    const rules = [rule('AntiAffinity', [100, 101, 102])];
    const model = loaded([...THREE, 'pve4', 'pve5'], guests);
    const plan = planOptimize(model, optimize({ placement: { rules } }));

    expect(plan.predicted.value).to.be.at.most(0.1);
    const vmids = plan.migrations.map(({ vmid }) => vmid);
    expect(vmids).to.deep.equal([...new Set(vmids)]);
  });

  it('gathers guests that a rule wants together where it costs least', () => {
    const model = loaded(THREE, [vm(101, 'pve1', 3), vm(102, 'pve2', 1), vm(103, 'pve1', 1)]);
    const plan = planOptimize(
      model,
      optimize({ placement: { rules: [rule('Affinity', [101, 102, 103], { name: 'web' })] } }),
    );

    expect(movesOf(plan)).to.deep.equal(['102 pve2 pve1']);
    expect(reasonsOf(plan)).to.deep.equal(["rule 'web' wants it with others on pve1"]);
    expect(plan.unmet).to.deep.equal({ before: 1, after: 0 });
  });

  it('leaves guests together that are together, even where that is not balanced', () => {
    const model = loaded(['pve1', 'pve2'], [vm(101, 'pve1', 20), vm(102, 'pve1', 20)]);
    const plan = planOptimize(model, optimize({ placement: { rules: [rule('Affinity', [101, 102])] } }));

    expect(plan).to.deep.include({ balanced: false, migrations: [] });
    expect(plan.skipped.map(({ block }) => block)).to.deep.equal(['KeptTogether', 'KeptTogether']);
  });

  it('brings pinned guests to their nodes, and keeps them there', () => {
    const rules = [rule('Pin', [101, 102], { name: 'licensed', nodes: ['pve2', 'pve3'] })];
    const model = loaded(THREE, [vm(101, 'pve1', 2), vm(102, 'pve2', 20), vm(103, 'pve2', 1)]);
    const plan = planOptimize(model, optimize({ placement: { rules } }));

    expect(movesOf(plan)).to.include('101 pve1 pve3');
    expect(plan.migrations.find(({ vmid }) => vmid === 101)?.reason).to.match(
      /^rule 'licensed' does not allow pve1/,
    );
    expect(movesOf(plan)).to.not.include('102 pve2 pve1');
  });

  it('does not take a pin for kept while a guest that may not move is elsewhere', () => {
    const rules = [rule('Pin', [101, 102], { nodes: ['pve2'] })];
    const guests = [vm(101, 'pve1', 2, 0, { lock: 'backup' }), vm(102, 'pve2', 2)];
    const plan = planOptimize(loaded(THREE, guests), optimize({ placement: { rules } }));

    expect(plan).to.deep.include({ balanced: false, migrations: [], unmet: { before: 1, after: 1 } });
  });

  it('moves a guest that is in the way of a pinned one', () => {
    // 101 belongs on pve2, where there is room for it only without 102.
    const rules = [rule('Pin', [101], { nodes: ['pve2'] })];
    const guests = [vm(101, 'pve1', 60), vm(102, 'pve2', 50), vm(103, 'pve3', 20, 0, { lock: 'backup' })];
    const plan = planOptimize(loaded(THREE, guests), optimize({ tolerance: 1, placement: { rules } }));

    expect(movesOf(plan)).to.deep.equal(['102 pve2 pve3', '101 pve1 pve2']);
  });

  it('means guests by tags and pools, with globs', () => {
    const guests = [vm(101, 'pve1', 1, 0, { tags: ['db-a'] }), vm(102, 'pve1', 1, 0, { pool: 'prod/db' })];
    const rules = [rule('AntiAffinity', [], { tags: ['db-*'], pools: ['prod/*'] })];

    expect(planOptimize(loaded(THREE, guests), optimize({ placement: { rules } })).migrations).to.have.length(
      1,
    );
  });

  it('sees to preferred rules where nothing else suffers', () => {
    const rules = [rule('AntiAffinity', [101, 102], { name: 'spread', enforcement: 'Preferred' })];
    const guests = [vm(101, 'pve1', 2), vm(102, 'pve1', 2), vm(103, 'pve2', 2)];
    const plan = planOptimize(loaded(THREE, guests), optimize({ placement: { rules } }));

    expect(plan.migrations).to.have.length(1);
    expect(plan.unmet).to.deep.equal({ before: 0, after: 0 });
    expect(reasonsOf(plan)).to.deep.equal(["rule 'spread' prefers it elsewhere"]);
  });

  it('gives preferred rules up where balance needs it', () => {
    const rules = [rule('Affinity', [101, 102], { enforcement: 'Preferred' })];
    const model = loaded(['pve1', 'pve2'], [vm(101, 'pve1', 20), vm(102, 'pve1', 20)]);
    const plan = planOptimize(model, optimize({ placement: { rules } }));

    expect(plan.migrations).to.have.length(1);
    expect(plan.predicted.value).to.equal(0);
  });

  it('keeps to the rules of HA', () => {
    const guests = [101, 102, 103, 104].map((vmid) => vm(vmid, 'pve1', 10, 0, { ha: haService() }));
    const affinity: HaRule = {
      kind: 'NodeAffinity',
      name: 'fast',
      vmids: [101, 102, 103, 104],
      nodes: [
        { name: 'pve1', priority: 0 },
        { name: 'pve3', priority: 0 },
      ],
      strict: true,
      affinity: 'Positive',
    };
    const plan = planOptimize(withHa(loaded(THREE, guests), affinity), optimize());

    expect(new Set(plan.migrations.map(({ target }) => target))).to.deep.equal(new Set(['pve3']));
  });

  it('moves guests that HA keeps together by one migration, with room for all of them', () => {
    const together: HaRule = {
      kind: 'ResourceAffinity',
      name: 'pair',
      vmids: [101, 102],
      affinity: 'Positive',
    };
    const ha = haService();
    const guests = [
      vm(101, 'pve1', 15, 0, { ha }),
      vm(102, 'pve1', 15, 0, { ha }),
      vm(103, 'pve1', 30, 0, { lock: 'backup' }),
    ];
    const plan = planOptimize(withHa(loaded(['pve1', 'pve2'], guests), together), optimize());

    expect(movesOf(plan)).to.deep.equal(['101 pve1 pve2']);
    expect(plan.migrations[0]?.companions).to.deep.equal([
      { vmid: 102, type: 'qemu', name: 'vm-102', memoryBytes: gib(15) },
    ]);
    const locked = guests.map((each) => (each.vmid === 102 ? { ...each, lock: 'backup' } : each));
    const held = planOptimize(withHa(loaded(['pve1', 'pve2'], locked), together), optimize());
    expect(held.migrations).to.deep.equal([]);
    expect(held.skipped.map(({ vmid, block }) => [vmid, block])).to.deep.include([101, 'MovesWithOthers']);
  });
});

describe('Optimize, with nodes to be drained', () => {
  const placement = { drainNodes: ['pve1'] };

  it('empties them, of stopped guests too, and takes them out of the balance', () => {
    const guests = [
      vm(101, 'pve1', 10),
      vm(102, 'pve1', 4, 0, { status: 'stopped' }),
      vm(103, 'pve2', 20),
      vm(104, 'pve3', 20),
    ];
    const plan = planOptimize(loaded(THREE, guests), optimize({ placement }));

    expect(plan.migrations.map(({ vmid }) => vmid)).to.have.members([101, 102]);
    expect(plan.migrations.every(({ target }) => target !== 'pve1')).to.equal(true);
    expect(plan.migrations.find(({ vmid }) => vmid === 102)?.memoryBytes).to.equal(0);
    expect(reasonsOf(plan)).to.deep.equal(['pve1 is to be drained', 'pve1 is to be drained']);
    expect(plan.unmet).to.deep.equal({ before: 2, after: 0 });
    expect(plan.predicted.value).to.be.closeTo(0.1, 1e-9);
  });

  it('leaves stopped guests alone elsewhere', () => {
    const guests = [vm(101, 'pve2', 10, 0, { status: 'stopped' }), vm(102, 'pve2', 5), vm(103, 'pve3', 5)];
    const plan = planOptimize(loaded(THREE, guests), optimize({ placement }));

    expect(plan).to.deep.include({ balanced: true, migrations: [], skipped: [] });
  });

  it('keeps the reserve of the others, and says what stays behind', () => {
    const guests = [vm(101, 'pve1', 30), vm(102, 'pve1', 8), vm(103, 'pve2', 70)];
    const plan = planOptimize(
      loaded(['pve1', 'pve2'], guests),
      optimize({ placement: { ...placement, memoryReserveShare: 0.2 } }),
    );

    expect(movesOf(plan)).to.deep.equal(['102 pve1 pve2']);
    expect(plan.unmet).to.deep.equal({ before: 2, after: 1 });
    expect(plan.skipped.map(({ vmid, block }) => [vmid, block])).to.deep.equal([[101, 'NoRoom']]);
  });

  it('makes room where it is tight: what is in the way goes first', () => {
    // The 60 GiB of 101 fit nowhere until 102 leaves pve2 for pve3.
    const guests = [vm(101, 'pve1', 60), vm(102, 'pve2', 45), vm(103, 'pve3', 45, 0, { lock: 'backup' })];
    const plan = planOptimize(loaded(THREE, guests), optimize({ tolerance: 1, placement }));

    expect(movesOf(plan)).to.deep.equal(['102 pve2 pve3', '101 pve1 pve2']);
  });

  it('counts on no more room than a guest leaves behind', () => {
    // 102 says 45 GiB and occupies 5: where it was there are 5 more then, not 45.
    const small = vm(102, 'pve2', 45, 0, { memoryHostBytes: gib(5) });
    const guests = [
      vm(101, 'pve1', 60),
      small,
      vm(103, 'pve2', 40, 0, { lock: 'backup' }),
      vm(104, 'pve3', 45, 0, { lock: 'backup' }),
    ];
    const model = loaded(THREE, guests);
    const nodes = model.nodes.map((each) =>
      each.name === 'pve2' ? node('pve2', { memoryUsedGib: 45 }) : each,
    );
    const plan = planOptimize({ ...model, nodes }, optimize({ tolerance: 1, placement }));

    expect(movesOf(plan)).to.deep.equal(['102 pve2 pve3', '101 pve1 pve2']);
    const tighter = nodes.map((each) => (each.name === 'pve2' ? node('pve2', { memoryUsedGib: 47 }) : each));
    const none = planOptimize({ ...model, nodes: tighter }, optimize({ tolerance: 1, placement }));
    expect(none.migrations).to.deep.equal([]);
  });

  it('are not done with them while guests that may not move are still there', () => {
    const held = [
      vm(101, 'pve1', 1, 0, { lock: 'backup' }),
      vm(102, 'pve1', 1, 0, { status: 'paused' }),
      vm(103, 'pve1', 1, 0, { restsUntil: '2026-01-01T00:00:00Z' }),
      vm(104, 'pve1', 1, 0, { tags: ['pve-cslb-ignore'] }),
    ];
    for (const guests of held.map((each) => [each, vm(105, 'pve2', 20), vm(106, 'pve3', 20)])) {
      const plan = planOptimize(loaded(THREE, guests), optimize({ placement }));
      expect(plan).to.deep.include({ balanced: false, migrations: [], unmet: { before: 1, after: 1 } });
      expect(plan.exhausted).to.contain('1 guest is where rules or drainNodes do not want it');
    }
    const unread = { unreadable: [{ vmid: 101, node: 'pve1', detail: 'no answer' }] };
    expect(planOptimize(loaded(THREE, [], unread), optimize({ placement })).unmet.before).to.equal(1);
  });

  it('are done with them when nothing but templates is left', () => {
    const guests = [vm(101, 'pve1', 0, 0, { status: 'stopped', template: true }), vm(102, 'pve2', 1)];
    const plan = planOptimize(loaded(THREE, guests), optimize({ placement }));

    expect(plan).to.deep.include({ balanced: true, unmet: { before: 0, after: 0 } });
  });

  it('never moves anything to them', () => {
    const guests = [vm(101, 'pve2', 20), vm(102, 'pve2', 20), vm(103, 'pve3', 20), vm(104, 'pve3', 20)];
    const plan = planOptimize(loaded(THREE, guests), optimize({ placement }));

    expect(plan).to.deep.include({ balanced: true, migrations: [] });
  });
});
