import { expect } from 'chai';
import fc from 'fast-check';
import type { PlannerCase } from '../../../bench/planner/case.ts';
import { FAMILIES } from '../../../bench/planner/families.ts';
import { generateCase } from '../../../bench/planner/generator.ts';
import { createAdditiveCluster } from '../../../bench/planner/judge/additive-cluster.ts';
import { judge } from '../../../bench/planner/judge/verdict.ts';
import { isWithinTolerance } from '../../../bench/planner/score.ts';
import { makePlan } from '../../../src/balancing/planner.ts';
import { createRandom, shuffled } from '../../../src/simulator/random.ts';
import { anyCluster, anyPlacement, anySettings, realistic } from '../../support/cluster-arbitraries.ts';
import { wayToTolerance } from '../../support/reachable-placement.ts';

const plannerCase: fc.Arbitrary<PlannerCase> = fc
  .record({
    family: fc.constantFrom(...FAMILIES),
    nodes: fc.integer({ min: 2, max: 6 }),
    guestsPerNode: fc.integer({ min: 2, max: 7 }),
    seed: fc.nat({ max: 1_000_000 }),
    maxMigrations: fc.constantFrom(3, 1_000),
  })
  .map(({ family, nodes, guestsPerNode, seed, maxMigrations }) => {
    const made = generateCase(family, { nodes, guests: nodes * guestsPerNode }, seed);
    return shownByName({ ...made, settings: { ...made.settings, maxMigrations } });
  });

/** A counterexample is made again from its name; printed whole it fills a screen. */
function shownByName(made: PlannerCase): PlannerCase {
  const text = `${made.name}, at most ${made.settings.maxMigrations} migrations`;
  return Object.assign(made, { [fc.toStringMethod]: () => text });
}

/**
 * Anything that the model allows: guests that may not move, nodes that are away, rules of HA and of the policy that have
 * nothing to do with each other, local disks.
 */
const strangeCase: fc.Arbitrary<PlannerCase> = fc
  .record({ cluster: anyCluster(realistic), settings: anySettings, placement: anyPlacement })
  .map(({ cluster, settings, placement }) => ({
    name: 'strange',
    family: 'strange',
    cluster,
    settings: { ...settings, strategy: 'Optimize' as const, placement },
    reachable: false,
  }));

function plan({ cluster, settings }: PlannerCase) {
  return makePlan(cluster, settings);
}

/** Whether more would be done if more migrations were allowed: then the next plan goes on. */
function isCut({ cluster, settings }: PlannerCase): boolean {
  return makePlan(cluster, { ...settings, maxMigrations: 1_000 }).migrations.length > settings.maxMigrations;
}

function alwaysHolds(
  cases: fc.Arbitrary<PlannerCase>,
  numRuns: number,
  check: (one: PlannerCase) => void,
): void {
  fc.assert(fc.property(cases, check), { numRuns });
}

describe('whatever the cluster, Optimize', () => {
  it('never makes a rule worse, exceeds the room of a target, or moves what may not move', () => {
    alwaysHolds(fc.oneof(plannerCase, strangeCase), 200, (one) => {
      const { worsened, overRoom, forbidden } = judge(one.cluster, one.settings, plan(one).migrations);
      expect({ worsened, overRoom, forbidden }).to.deep.equal({ worsened: [], overRoom: [], forbidden: [] });
    });
  });

  it('never leaves more violations, fuller drained nodes or, beside that, wider spreads than it found', () => {
    alwaysHolds(plannerCase, 60, (one) => {
      const { violations, undrained, spreads } = judge(one.cluster, one.settings, plan(one).migrations);
      expect(violations.after).to.be.at.most(violations.before);
      expect(undrained.after).to.be.at.most(undrained.before);
      if (violations.before + undrained.before > 0) return;
      const widest = ({ cpu, memory }: typeof spreads.after) => Math.max(cpu, memory);
      expect(widest(spreads.after)).to.be.at.most(
        Math.max(one.settings.tolerance, widest(spreads.before)) + 1e-9,
      );
    });
  });

  it('has nothing left to do after its own plan', () => {
    alwaysHolds(plannerCase, 60, (one) => {
      const { migrations } = plan(one);
      if (isCut(one)) return;
      const state = createAdditiveCluster(one.cluster);
      for (const { vmid, target } of migrations) state.move(vmid, target);
      expect(plan({ ...one, cluster: state.cluster() }).migrations).to.deep.equal([]);
    });
  });

  it('plans the same in whatever order the lists are', () => {
    const withSeed = fc.tuple(fc.oneof(plannerCase, strangeCase), fc.nat());
    fc.assert(
      fc.property(withSeed, ([one, seed]) => {
        const random = createRandom(seed);
        const { cluster } = one;
        const other = {
          ...cluster,
          nodes: shuffled(cluster.nodes, random),
          guests: shuffled(cluster.guests, random),
          incoming: shuffled(cluster.incoming, random),
          storages: shuffled(cluster.storages, random),
          ha: { ...cluster.ha, rules: shuffled(cluster.ha.rules, random) },
        };
        const rules = shuffled(one.settings.placement.rules, random);
        const settings = { ...one.settings, placement: { ...one.settings.placement, rules } };
        expect(makePlan(other, settings)).to.deep.equal(plan(one));
      }),
      { numRuns: 60 },
    );
  });

  it('reaches the tolerance with all that is asked for wherever allowed moves lead there', () => {
    const tiny = fc
      .record({
        family: fc.constantFrom(...FAMILIES),
        nodes: fc.integer({ min: 2, max: 3 }),
        guests: fc.integer({ min: 3, max: 6 }),
        seed: fc.nat({ max: 1_000_000 }),
      })
      .map(({ family, seed, ...size }) => shownByName(generateCase(family, size, seed)));
    let reached = 0;
    alwaysHolds(tiny, 60, (one) => {
      const way = wayToTolerance(one);
      if (way === undefined) return;
      reached += 1;
      const verdict = judge(one.cluster, one.settings, plan(one).migrations);
      expect(verdict.violations.after + verdict.undrained.after, 'unmet').to.equal(0);
      expect(isWithinTolerance(one, verdict), JSON.stringify({ way, spreads: verdict.spreads })).to.equal(
        true,
      );
    });
    expect(reached).to.be.above(10);
  });
});
