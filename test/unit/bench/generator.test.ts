import { expect } from 'chai';
import { FAMILIES, findFamily } from '../../../bench/planner/families.ts';
import { generateCase } from '../../../bench/planner/generator.ts';
import { judge } from '../../../bench/planner/judge/verdict.ts';
import { planGreedily } from '../../../bench/planner/reference/greedy.ts';

const SIZE = { nodes: 8, guests: 120 };

describe('the generator of planner cases', () => {
  for (const family of FAMILIES) {
    it(`makes the same case of the same seed, another of another, out of balance (${family.name})`, () => {
      const made = generateCase(family, SIZE, 1);
      expect(generateCase(family, SIZE, 1)).to.deep.equal(made);
      expect(generateCase(family, SIZE, 2)).to.not.deep.equal(made);
      expect(made.reachable).to.equal(true);
      expect(made.cluster.nodes).to.have.lengthOf(SIZE.nodes);
      expect(made.cluster.guests).to.have.lengthOf(SIZE.guests);
      const { spreads, undrained } = judge(made.cluster, made.settings, []);
      const isBusy = Math.max(spreads.before.cpu, spreads.before.memory) > made.settings.tolerance;
      expect(isBusy || undrained.before > 0).to.equal(true);
    });

    it(`puts as much on each node as its guests take (${family.name})`, () => {
      const { cluster } = generateCase(family, SIZE, 1);
      for (const node of cluster.nodes) {
        if (node.availability !== 'Online') throw new Error(`${node.name} is away`);
        const guests = cluster.guests.filter((guest) => guest.node === node.name);
        const memory = guests.reduce((sum, guest) => sum + guest.memoryBytes, 2 * 2 ** 30);
        const busy = guests.reduce((sum, guest) => sum + guest.cpuUsedShare * guest.cpuCount, 0.5);
        expect(node.figures.memoryUsedBytes).to.be.closeTo(memory, 2 ** 20);
        expect(node.figures.cpuUsedShare * node.figures.cpuThreads).to.be.closeTo(busy, 1e-6);
        expect(node.figures.memoryUsedBytes).to.be.below(node.figures.memoryTotalBytes);
      }
    });
  }

  it('keeps rules or breaks them, empties a node or fills it, as the family says', () => {
    const violations = (name: string) => {
      const { cluster, settings } = generateCase(findFamily(name), SIZE, 1);
      return judge(cluster, settings, []).violations.before;
    };
    expect(violations('rules-kept')).to.equal(0);
    expect(violations('rules-broken')).to.be.above(2);
    const newNode = generateCase(findFamily('new-node'), SIZE, 1).cluster;
    expect(newNode.guests.filter(({ node }) => node === newNode.nodes.at(-1)?.name)).to.deep.equal([]);
    const drain = generateCase(findFamily('tight-drain'), SIZE, 1);
    expect(judge(drain.cluster, drain.settings, []).undrained.before).to.be.above(2);
  });

  it('makes cases of 2 to 100 nodes and of 10 to 10,000 guests', () => {
    for (const [nodes, guests] of [
      [2, 10],
      [100, 10_000],
    ] as const) {
      const { cluster } = generateCase(findFamily('equal'), { nodes, guests }, 1);
      expect([cluster.nodes.length, cluster.guests.length]).to.deep.equal([nodes, guests]);
    }
  });

  it('is met by a greedy whose every guest moves once, to where it may', () => {
    const made = generateCase(findFamily('rules-broken'), SIZE, 1);
    const { forbidden, violations, again } = judge(made.cluster, made.settings, planGreedily(made));
    expect(again).to.equal(0);
    expect(forbidden.filter(({ what }) => !what.includes('keeps it apart'))).to.deep.equal([]);
    expect(violations.after).to.be.below(violations.before);
  });
});
