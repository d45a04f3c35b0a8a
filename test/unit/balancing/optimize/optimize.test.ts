import { expect } from 'chai';
import { planOptimize } from '../../../../src/balancing/optimize/optimize.ts';
import type { Plan } from '../../../../src/balancing/plan.ts';
import { absentNode, gib, node } from '../../../support/cluster-model.ts';
import { loaded, vm } from '../../../support/loaded-cluster.ts';
import { optimize } from '../../../support/placement-settings.ts';

function movesOf({ migrations }: Plan): string[] {
  return migrations.map(({ vmid, source, target }) => `${vmid} ${source} ${target}`);
}

describe('planOptimize', () => {
  it('brings both resources within the tolerance, also between two nodes', () => {
    const guests = [1, 2, 3, 4].map((number) => vm(100 + number, 'pve1', 10, 2));
    const plan = planOptimize(loaded(['pve1', 'pve2'], guests), optimize());

    expect(plan.balanced).to.equal(false);
    expect(plan.imbalance.value).to.equal(0.4);
    expect(plan.imbalance.resources).to.deep.equal([
      { name: 'cpu', spread: 0.25 },
      { name: 'memory', spread: 0.4 },
    ]);
    expect(plan.migrations).to.have.length(2);
    expect(plan.predicted.value).to.equal(0);
    expect(plan.imbalance).to.include({ mean: undefined, deviation: undefined });
  });

  it('moves the cheapest guests that suffice', () => {
    // 10 of the 30 GiB have to go; one migration of 10 GiB costs less than five of 2 GiB, and 20 GiB are too much.
    const small = [1, 2, 3, 4, 5].map((number) => vm(100 + number, 'pve1', 2));
    const guests = [...small, vm(106, 'pve1', 10), vm(107, 'pve1', 20), vm(108, 'pve2', 20)];
    const plan = planOptimize(loaded(['pve1', 'pve2'], guests), optimize());

    expect(movesOf(plan)).to.deep.equal(['106 pve1 pve2']);
    expect(plan.predicted.value).to.equal(0);
  });

  it('takes what helps both resources over what helps one', () => {
    const guests = [
      vm(101, 'pve1', 20, 0),
      vm(102, 'pve1', 20, 4),
      vm(103, 'pve1', 0, 4),
      vm(104, 'pve2', 10, 2),
    ];
    const plan = planOptimize(loaded(['pve1', 'pve2'], guests), optimize());

    expect(movesOf(plan)).to.deep.equal(['102 pve1 pve2']);
  });

  it('does not look at a resource of weight 0', () => {
    const guests = [vm(101, 'pve1', 30), vm(102, 'pve1', 30), vm(103, 'pve2', 0, 1)];
    const plan = planOptimize(loaded(['pve1', 'pve2'], guests), optimize({ weights: { cpu: 1, memory: 0 } }));

    expect(plan.balanced).to.equal(true);
    expect(plan.imbalance.resources.map(({ name }) => name)).to.deep.equal(['cpu']);
  });

  it('moves nothing within the tolerance', () => {
    const guests = [vm(101, 'pve1', 10), vm(102, 'pve2', 5)];
    const plan = planOptimize(loaded(['pve1', 'pve2'], guests), optimize());

    expect(plan).to.deep.include({ balanced: true, migrations: [], exhausted: undefined, skipped: [] });
    expect(plan.predicted).to.deep.equal(plan.imbalance);
    expect(plan.nodes.map(({ role, weight }) => [role, weight])).to.deep.equal([
      ['Neutral', undefined],
      ['Neutral', undefined],
    ]);
  });

  it('says of each migration what it is for and what it gains', () => {
    const guests = [vm(101, 'pve1', 20), vm(102, 'pve1', 20)];
    const plan = planOptimize(loaded(['pve1', 'pve2'], guests), optimize());

    expect(plan.migrations.map(({ reason }) => reason)).to.deep.equal([
      'evens out the load: CPU pve1 0.0%, pve2 0.0%, spread 0.0%; memory pve1 40.0% to 20.0%, pve2 0.0% to 20.0%, spread 40.0% to 0.0%',
    ]);
    expect(plan.nodes.map(({ role }) => role)).to.deep.equal(['Source', 'Target']);
  });

  it('moves what occupies the host, and needs room for what the guest says as well', () => {
    const heavy = vm(101, 'pve1', 10, 0, { memoryHostBytes: gib(30) });
    const model = loaded(['pve1', 'pve2'], [heavy, vm(102, 'pve1', 30)]);
    const nodes = model.nodes.map((each) =>
      each.name === 'pve1' ? node('pve1', { memoryUsedGib: 60 }) : each,
    );

    expect(planOptimize({ ...model, nodes }, optimize()).migrations).to.have.length(1);
    expect(planOptimize({ ...model, nodes }, optimize()).migrations[0]?.memoryBytes).to.equal(gib(30));
  });

  it('leaves out nodes that are excluded, away or unknown, and guests that may not move', () => {
    const guests = [vm(101, 'pve1', 20, 0, { lock: 'backup' }), vm(102, 'pve1', 20), vm(103, 'pve4', 50)];
    const model = loaded(['pve1', 'pve2', 'pve4'], guests);
    const nodes = [...model.nodes, absentNode('pve3', 'Maintenance')];
    const plan = planOptimize({ ...model, nodes }, optimize({ exclusions: { nodes: ['pve4'] } }));

    expect(movesOf(plan)).to.deep.equal(['102 pve1 pve2']);
    expect(plan.skipped.map(({ vmid, block }) => [vmid, block])).to.deep.equal([
      [101, 'Locked'],
      [103, 'NodeExcluded'],
    ]);
    expect(plan.nodes.map(({ name, role }) => `${name} ${role}`)).to.deep.equal([
      'pve1 Source',
      'pve2 Target',
      'pve3 Maintenance',
      'pve4 Excluded',
    ]);
  });

  it('decides nothing where too few nodes are known', () => {
    const guests = [vm(101, 'pve1', 20), vm(102, 'pve1', 20)];
    const model = loaded(['pve1'], guests);
    const plan = planOptimize(
      { ...model, nodes: [...model.nodes, absentNode('pve2', 'Unknown')] },
      optimize(),
    );

    expect(plan.balanced).to.equal(undefined);
    expect(plan.undecided).to.match(/^The figures of 1 of 2 online nodes are known/);
    expect(plan.migrations).to.deep.equal([]);
  });

  it('makes the migrations that help most where it may make few', () => {
    const guests = Array.from({ length: 12 }, (_, index) => vm(101 + index, 'pve1', index < 6 ? 2 : 6));
    const plan = planOptimize(loaded(['pve1', 'pve2'], guests), optimize({ maxMigrations: 2 }));

    expect(plan.migrations).to.have.length(2);
    expect(plan.migrations.map(({ memoryBytes }) => memoryBytes)).to.deep.equal([gib(6), gib(6)]);
    expect(plan.predicted.value).to.be.closeTo(0.24, 1e-9);
  });

  it('calls no guest blocked that only waits for the next run', () => {
    const guests = Array.from({ length: 12 }, (_, index) => vm(101 + index, 'pve1', 6));
    const plan = planOptimize(loaded(['pve1', 'pve2'], guests), optimize({ maxMigrations: 1 }));

    expect(plan.migrations).to.have.length(1);
    expect(plan.skipped).to.deep.equal([]);
  });

  it('makes no plan that gains less than asked for, unless a rule or a drain needs it', () => {
    const guests = [vm(101, 'pve1', 12), vm(102, 'pve1', 3), vm(103, 'pve2', 1)];
    const model = loaded(['pve1', 'pve2'], guests);

    expect(movesOf(planOptimize(model, optimize({ minimumGain: 0.05 })))).to.deep.equal(['102 pve1 pve2']);
    const plan = planOptimize(model, optimize({ minimumGain: 0.07 }));
    expect(plan).to.deep.include({ balanced: false, migrations: [] });
    expect(plan.exhausted).to.equal(
      'The best plan would bring the imbalance from 14.0% to 8.0%, which gains less than stabilization.minimumGain (7.0%)',
    );
    const drained = planOptimize(model, optimize({ minimumGain: 0.07, placement: { drainNodes: ['pve2'] } }));
    expect(movesOf(drained)).to.deep.equal(['103 pve2 pve1']);
  });

  it('says what is in the way where nothing can be done', () => {
    const guests = [vm(101, 'pve1', 60, 0, { lock: 'backup' }), vm(102, 'pve2', 1)];
    const plan = planOptimize(loaded(['pve1', 'pve2'], guests), optimize());

    expect(plan).to.deep.include({ balanced: false, migrations: [] });
    expect(plan.exhausted).to.equal(
      'Optimize finds no migration that helps, though memory is 59.0% apart; of the guests: 1 × locked (backup)',
    );
  });

  it('gives each guest left on a hot node the first reason why', () => {
    // One guest of 60 GiB makes any node hot; on the other it would be no better.
    const plan = planOptimize(loaded(['pve1', 'pve2'], [vm(101, 'pve1', 60)]), optimize());

    expect(plan.migrations).to.deep.equal([]);
    expect(plan.skipped.map(({ vmid, block }) => [vmid, block])).to.deep.equal([[101, 'NoGain']]);
  });

  it('is content with what can be reached at all', () => {
    // 80 GiB stay on pve1 whatever happens: the others can be evened out, and no more.
    const fixed = vm(101, 'pve1', 80, 0, { lock: 'backup' });
    const others = [vm(102, 'pve2', 10), vm(103, 'pve2', 10), vm(104, 'pve3', 1)];
    const plan = planOptimize(loaded(['pve1', 'pve2', 'pve3'], [fixed, ...others]), optimize());

    expect(movesOf(plan)).to.have.length(1);
    expect(movesOf(plan)[0]).to.match(/^10[23] pve2 pve3$/);
    const after = loaded(
      ['pve1', 'pve2', 'pve3'],
      [fixed, ...others].map((each) =>
        each.vmid === plan.migrations[0]?.vmid ? { ...each, node: 'pve3' } : each,
      ),
    );
    expect(planOptimize(after, optimize())).to.deep.include({ balanced: false, migrations: [] });
  });

  it('gives the same plan in whatever order nodes and guests are listed', () => {
    const guests = Array.from({ length: 30 }, (_, index) =>
      vm(101 + index, index % 5 === 0 ? 'pve2' : 'pve1', 1 + (index % 4), (index % 3) / 2),
    );
    const model = loaded(['pve1', 'pve2', 'pve3'], guests);
    const turned = { ...model, nodes: [...model.nodes].reverse(), guests: [...model.guests].reverse() };

    const plan = planOptimize(model, optimize());
    expect(plan.migrations).to.not.have.length(0);
    expect(planOptimize(turned, optimize())).to.deep.equal(plan);
  });

  it('makes the best plan found so far when it is told to stop', () => {
    const guests = Array.from({ length: 40 }, (_, index) => vm(101 + index, 'pve1', 2));
    const model = loaded(['pve1', 'pve2', 'pve3'], guests);
    let asked = 0;
    const plan = planOptimize(model, optimize(), () => {
      asked += 1;
      return asked > 3;
    });

    expect(asked).to.be.lessThan(50);
    expect(plan.predicted.value).to.be.lessThan(plan.imbalance.value ?? 0);
  });
});
