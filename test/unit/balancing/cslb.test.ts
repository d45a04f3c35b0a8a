import { expect } from 'chai';
import type { Guest } from '../../../src/balancing/cluster.ts';
import { planCslb } from '../../../src/balancing/cslb.ts';
import type { NodeRole, Plan } from '../../../src/balancing/plan.ts';
import {
  absentNode,
  cluster,
  gib,
  guest,
  type NodeTraits,
  node,
  type SettingsTraits,
  settings,
} from '../../support/cluster-model.ts';

/** pve1 is heavy, pve2 light, pve3 and pve4 in between. Guests 101, 102 are on pve1, 103 to 105 one on each other. */
function skewed(pve2: NodeTraits = {}) {
  return cluster({
    nodes: [
      node('pve1', { load: 12, memoryUsedGib: 80 }),
      node('pve2', { load: 2, memoryUsedGib: 20, ...pve2 }),
      node('pve3', { load: 4, memoryUsedGib: 40 }),
      node('pve4', { load: 4, memoryUsedGib: 40 }),
    ],
    guests: [
      guest(101, 'pve1', { memoryBytes: gib(2) }),
      guest(102, 'pve1', { memoryBytes: gib(1) }),
      guest(103, 'pve2'),
      guest(104, 'pve3'),
      guest(105, 'pve4'),
    ],
  });
}

function movesOf(plan: Plan): string[] {
  return plan.migrations.map(({ vmid, source, target }) => `${vmid} ${source} ${target}`);
}

function blocksOf(plan: Plan): string[] {
  return plan.skipped.map(({ vmid, block, reason }) => `${vmid} ${block}: ${reason}`);
}

function rolesOf(plan: Plan): Record<string, NodeRole> {
  return Object.fromEntries(plan.nodes.map(({ name, role }) => [name, role]));
}

function withGuests(traits: Partial<Guest>, ...vmids: readonly number[]) {
  const { guests, ...rest } = skewed();
  return {
    ...rest,
    guests: guests.map((each) => (vmids.includes(each.vmid) ? { ...each, ...traits } : each)),
  };
}

describe('planCslb', () => {
  it('moves the lightest guest of the heaviest node to the lightest', () => {
    const plan = planCslb(skewed(), settings());
    expect(plan.balanced).to.equal(false);
    expect(movesOf(plan)).to.deep.equal(['102 pve1 pve2']);
    expect(rolesOf(plan)).to.deep.equal({
      pve1: 'Source',
      pve2: 'Target',
      pve3: 'Target',
      pve4: 'Target',
    });
    expect(plan.migrations[0]).to.deep.equal({
      vmid: 102,
      type: 'qemu',
      name: 'vm-102',
      source: 'pve1',
      target: 'pve2',
      memoryBytes: gib(1),
      companions: [],
      reason:
        'pve1 weighs 460, 79 above the limit of mean 222 + deviation 160; ' +
        'this is its lightest guest that may move, and pve2 (121) the lightest node with room',
    });
  });

  it('predicts what the moves achieve', () => {
    const plan = planCslb(skewed(), settings());
    expect(plan.imbalance.value).to.be.closeTo(plan.imbalance.deviation / plan.imbalance.mean, 1e-12);
    // pve1: 0.4 · 16/(16 − 11.5) + 0.6 · 100/21; pve2: 0.4 · 16/(16 − 2.5) + 0.6 · 100/79
    const weights = [428, 123, 153, 153];
    expect(plan.predicted.mean).to.equal(weights.reduce((sum, weight) => sum + weight, 0) / 4);
    expect(plan.predicted.tolerance).to.equal(0.05);
  });

  it('predicts what is, where nothing moves', () => {
    const plan = planCslb(skewed(), settings({ tolerance: 1 }));
    expect(plan.predicted).to.equal(plan.imbalance);
  });

  it('moves nothing within the tolerance, and gives no node a part in it', () => {
    const plan = planCslb(skewed(), settings({ tolerance: 1 }));
    expect(plan.balanced).to.equal(true);
    expect(plan.migrations).to.deep.equal([]);
    expect(plan.exhausted).to.equal(undefined);
    expect(new Set(Object.values(rolesOf(plan)))).to.deep.equal(new Set(['Neutral']));
  });

  it('settles ties by name among nodes, and by type and VMID among guests', () => {
    const plan = planCslb(
      cluster({
        nodes: ['pve4', 'pve3', 'pve2'].map((name) => node(name)).concat(node('pve1', { load: 12 })),
        guests: [
          guest(101, 'pve1', { type: 'lxc' }),
          guest(103, 'pve1'),
          guest(102, 'pve1'),
          guest(104, 'pve1', { type: 'lxc' }),
        ],
      }),
      settings({ containers: 'Restart' }),
    );
    expect(movesOf(plan)).to.deep.equal(['102 pve1 pve2']);
  });

  it('makes at most maxMigrations moves, one from each source, one to each target', () => {
    const names = Array.from({ length: 12 }, (_, index) => `pve${String(index + 1).padStart(2, '0')}`);
    const many = cluster({
      nodes: names.map((name, index) => node(name, { load: index < 3 ? 13 : 1 })),
      guests: names.flatMap((name, index) => [guest(100 + 2 * index, name), guest(101 + 2 * index, name)]),
    });
    expect(movesOf(planCslb(many, settings()))).to.deep.equal([
      '100 pve01 pve04',
      '102 pve02 pve05',
      '104 pve03 pve06',
    ]);
    expect(movesOf(planCslb(many, settings({ maxMigrations: 2 })))).to.have.length(2);
    expect(movesOf(planCslb(many, settings({ maxMigrations: 1 })))).to.have.length(1);
  });

  it('passes over a target without room for the next lightest', () => {
    const cases: readonly (readonly [string, NodeTraits])[] = [
      ['memory.free is not more than the guest uses', { memoryFreeBytes: gib(1) }],
      ['it was started less than five minutes ago', { uptimeSeconds: 299 }],
    ];
    for (const [why, traits] of cases) {
      expect(movesOf(planCslb(skewed(traits), settings())), why).to.deep.equal(['102 pve1 pve3']);
    }
    expect(movesOf(planCslb(skewed({ uptimeSeconds: 300 }), settings()))).to.deep.equal(['102 pve1 pve2']);
  });

  it('takes the next lightest guest where no target may take the lightest', () => {
    const pinned = withGuests({ replicationTargets: ['pve9'] }, 102);
    const others = { ...pinned, guests: [...pinned.guests, guest(106, 'pve1', { memoryBytes: gib(3) })] };
    const plan = planCslb(others, settings());
    expect(movesOf(plan)).to.deep.equal(['101 pve1 pve2']);
    expect(plan.skipped).to.deep.equal([
      {
        vmid: 102,
        name: 'vm-102',
        node: 'pve1',
        block: 'NotReplicated',
        reason: 'it is not replicated to pve2',
      },
    ]);
  });

  it('does not count such a guest among those that make a node a source', () => {
    const plan = planCslb(withGuests({ replicationTargets: ['pve9'] }, 102), settings());
    expect(movesOf(plan)).to.deep.equal([]);
    expect(plan.exhausted).to.contain(
      'pve1 has only 1 guest that may move (1 × it is not replicated to pve2)',
    );
  });

  it('passes over a target that may not take the guest', () => {
    const replicated = withGuests({ replicationTargets: ['pve3', 'pve4'] }, 102);
    expect(movesOf(planCslb(replicated, settings()))).to.deep.equal(['102 pve1 pve3']);
  });

  it('does not take another guest where the lightest has no room anywhere', () => {
    const large = withGuests({ memoryHostBytes: gib(90) }, 102);
    expect(movesOf(planCslb(large, settings()))).to.deep.equal([]);
    expect(blocksOf(planCslb(large, settings()))).to.deep.equal([
      '102 NoRoom: pve2 has no room for its memory',
    ]);
    const used = withGuests({ memoryBytes: gib(81) }, 101, 102);
    expect(blocksOf(planCslb(used, settings()))).to.deep.equal([
      '101 NoRoom: pve2 has no room for its memory',
    ]);
  });

  it('does not say that a guest had no room where another source took the only target', () => {
    const plan = planCslb(
      cluster({
        nodes: [node('pve1', { load: 14 }), node('pve2', { load: 14 }), node('pve3')].concat(
          ['pve4', 'pve5', 'pve6', 'pve7'].map((name) => node(name, { load: 4, uptimeSeconds: 10 })),
        ),
        guests: ['pve1', 'pve2'].flatMap((name, index) => [
          guest(100 + 10 * index, name),
          guest(101 + 10 * index, name),
        ]),
      }),
      settings(),
    );
    expect(movesOf(plan)).to.deep.equal(['100 pve1 pve3']);
    expect(blocksOf(plan)).to.deep.equal([]);
  });

  it('names why no node takes guests, where none does', () => {
    const young = skewed({ uptimeSeconds: 10 });
    const all = { ...young, nodes: young.nodes.map((each) => ({ ...each, uptimeSeconds: 10 })) };
    const blocks = blocksOf(planCslb(all, settings()));
    expect(blocks).to.include('102 TargetUnavailable: pve2 has been up for less than 5 minutes');
    expect(blocks.every((block) => block.includes('TargetUnavailable'))).to.equal(true);
  });

  it('counts templates, and no other stopped guests', () => {
    const base = skewed();
    const more = [
      guest(900, 'pve1', { status: 'stopped', template: true }),
      guest(901, 'pve1', { status: 'stopped' }),
    ];
    const plan = planCslb({ ...base, guests: [...base.guests, ...more] }, settings());
    expect(blocksOf(plan)).to.deep.equal(['900 Template: is a template']);
  });

  it('counts what a guest occupies on its host, and what is under way, against the room', () => {
    const large = withGuests({ memoryHostBytes: gib(80) }, 102);
    expect(movesOf(planCslb(large, settings()))).to.deep.equal(['102 pve1 pve2']);
    const incoming = [{ node: 'pve2', vmid: 900, bytes: 1 }];
    expect(movesOf(planCslb({ ...large, incoming }, settings()))).to.deep.equal([]);
    const small = { ...skewed(), incoming: [{ node: 'pve2', vmid: 900, bytes: gib(80) }] };
    expect(movesOf(planCslb(small, settings()))).to.deep.equal(['102 pve1 pve3']);
  });

  it('needs the target to have more CPU free than the guest uses', () => {
    const busy = withGuests({ cpuUsedShare: 14 }, 102, 101);
    expect(movesOf(planCslb(busy, settings()))).to.deep.equal([]);
    expect(planCslb(busy, settings()).exhausted).to.equal(
      'CSLB would take the lightest guest from pve1, but no lighter node has room for it',
    );
  });

  describe('on an overloaded node', () => {
    const overloads: readonly (readonly [string, NodeTraits])[] = [
      ['CPU', { load: 16 }],
      ['CPU far beyond', { load: 300 }],
      ['memory', { memoryUsedGib: 100 }],
      ['memory by what KSM shares', { memoryUsedGib: 90, ksmSharedBytes: gib(10) }],
      ['both', { load: 20, memoryUsedGib: 100 }],
    ];
    for (const [what, traits] of overloads) {
      it(`takes guests from it first and gives it none (${what})`, () => {
        const names = ['pve1', 'pve2', 'pve3', 'pve4', 'pve5'];
        const plan = planCslb(
          cluster({
            nodes: names.map((name) => node(name, name === 'pve3' ? traits : { load: 1 })),
            guests: names.flatMap((name, index) => [guest(101 + index, name), guest(201 + index, name)]),
          }),
          settings(),
        );
        expect(movesOf(plan)).to.deep.equal(['103 pve3 pve1']);
        expect(rolesOf(plan)).to.include({ pve3: 'Overloaded', pve1: 'Target' });
        expect(plan.migrations[0]?.reason).to.match(
          /^pve3 is overloaded \(no (CPU|memory|CPU and no memory) left\); /,
        );
      });
    }

    it('takes guests from each of several that hide each other behind a high mean', () => {
      const plan = planCslb(
        cluster({
          nodes: [node('pve1', { load: 20 }), node('pve2', { load: 18 }), node('pve3'), node('pve4')],
          guests: ['pve1', 'pve2'].flatMap((name, index) => [
            guest(101 + index, name),
            guest(201 + index, name),
          ]),
        }),
        settings(),
      );
      expect(movesOf(plan)).to.deep.equal(['101 pve1 pve3', '102 pve2 pve4']);
    });
  });

  describe('judges only with enough nodes known', () => {
    const online = (...names: readonly string[]) => names.map((name) => node(name, { load: 1 }));
    const unknown = (...names: readonly string[]) => names.map((name) => absentNode(name, 'Unknown'));
    const decide = (nodes: Parameters<typeof cluster>[0]['nodes'], traits: SettingsTraits = {}) =>
      planCslb(cluster({ ...(nodes && { nodes }) }), settings(traits));

    it('cannot judge when fewer than two are known', () => {
      const plan = decide([...online('pve1'), ...unknown('pve2')]);
      expect(plan.balanced).to.equal(undefined);
      expect(plan.migrations).to.deep.equal([]);
      expect(plan.exhausted).to.equal(undefined);
      expect(plan.undecided).to.equal(
        'The figures of 1 of 2 online nodes are known, at least 2 are needed; unknown: pve2',
      );
    });

    it('cannot judge when under half are known', () => {
      const nodes = [...online('pve1', 'pve2'), ...unknown('pve3', 'pve4')];
      expect(decide(nodes).undecided).to.equal(undefined);
      expect(decide([...nodes, ...unknown('pve5')]).undecided).to.match(
        /^The figures of 2 of 5 .* at least 3/,
      );
    });

    it('does not count offline nodes, nodes in maintenance, and excluded ones', () => {
      const away = [absentNode('pve3', 'Offline'), absentNode('pve4', 'Maintenance'), ...unknown('pve5')];
      const plan = decide([...online('pve1', 'pve2'), ...away], { exclusions: { nodes: ['pve5'] } });
      expect(plan.undecided).to.equal(undefined);
      expect(plan.balanced).to.equal(true);
      expect(rolesOf(plan)).to.deep.equal({
        pve1: 'Neutral',
        pve2: 'Neutral',
        pve3: 'Offline',
        pve4: 'Maintenance',
        pve5: 'Excluded',
      });
    });

    it('finds one node or none balanced', () => {
      for (const nodes of [[], online('pve1'), [...online('pve1'), absentNode('pve2', 'Offline')]]) {
        const plan = decide(nodes, { tolerance: 0 });
        expect(plan.balanced).to.equal(true);
        expect(plan.imbalance.value).to.equal(undefined);
        expect(plan.undecided).to.equal(undefined);
      }
    });
  });

  it('leaves nodes that drop out, and excluded ones, out of mean and deviation', () => {
    const { nodes, guests } = skewed();
    const excluded = planCslb(cluster({ nodes, guests }), settings({ exclusions: { nodes: ['*1'] } }));
    const without = planCslb(
      cluster({ nodes: nodes.filter(({ name }) => name !== 'pve1'), guests: [] }),
      settings(),
    );
    expect(excluded.imbalance).to.deep.equal(without.imbalance);
    expect(excluded.nodes[0]).to.deep.include({
      name: 'pve1',
      role: 'Excluded',
      weight: undefined,
      guests: 2,
    });
  });

  describe('says why nothing moves', () => {
    it('between two nodes', () => {
      const two = cluster({ nodes: [node('pve1', { load: 15 }), node('pve2')], guests: [] });
      expect(planCslb(two, settings()).exhausted).to.equal(
        'CSLB never moves anything between two nodes: neither can weigh more than mean + deviation',
      );
    });

    it('where no node stands out', () => {
      const pairs = cluster({
        nodes: ['pve1', 'pve2', 'pve3', 'pve4'].map((name, index) =>
          node(name, { load: index < 2 ? 12 : 0 }),
        ),
      });
      expect(planCslb(pairs, settings()).exhausted).to.equal(
        'CSLB finds no node to take guests from: none weighs more than mean 160 + deviation 69, ' +
          'and of 4 nodes at most one ever can',
      );
    });

    it('where the heavy node has too few guests that may move', () => {
      const plan = planCslb(withGuests({ lock: 'backup' }, 101), settings());
      expect(plan.exhausted).to.equal(
        'CSLB finds no node to take guests from: pve1 has only 1 guest that may move (1 × locked (backup)), ' +
          'and it takes none from a node with fewer than two',
      );
      expect(rolesOf(plan).pve1).to.equal('Neutral');
    });

    it('where no node may receive any', () => {
      const { nodes, guests } = skewed();
      const fresh = nodes.map((each) => ({ ...each, uptimeSeconds: 10 }));
      expect(planCslb(cluster({ nodes: fresh, guests }), settings()).exhausted).to.equal(
        'CSLB would take guests from pve1, but no node that weighs less than the mean may receive any',
      );
    });
  });
});
