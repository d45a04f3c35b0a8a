import { expect } from 'chai';
import type { Score } from '../../../bench/planner/score.ts';
import { readSharedCases, type SharedCase } from '../../../bench/planner/shared-cases.ts';
import { scoreSharedCase } from '../../../bench/planner/shared-results.ts';
import { meanOf } from '../../../bench/planner/summary.ts';
import { createRandom, shuffled } from '../../../src/simulator/random.ts';

const GIB = 2 ** 30;
/** Of spreads in percentage points that are compared with recorded ones, which have three digits. */
const ROUNDING = 0.001;

/** The recorded cases (test/fixtures/planner), planned as `cslb plan` does, beside what a plain greedy reaches. */
describe('Optimize on the recorded clusters', () => {
  const results: { readonly shared: SharedCase; readonly score: Score }[] = [];

  before(async () => {
    for (const shared of await readSharedCases()) {
      results.push({ shared, score: await scoreSharedCase(shared) });
    }
  });

  it('has all 32 of them, read as they were recorded', () => {
    expect(results).to.have.lengthOf(32);
    for (const { shared, score } of results) {
      const { before } = score.verdict.spreads;
      expect(100 * before.memory, shared.name).to.be.closeTo(shared.before.memorySpread, 0.01);
      expect(100 * before.cpu, shared.name).to.be.closeTo(shared.before.cpuSpread, 0.01);
      expect(score.verdict.violations.before, shared.name).to.equal(shared.before.violations);
    }
  });

  it('costs less than the greedy in every family', () => {
    const families = Map.groupBy(results, ({ shared }) => shared.family);
    expect(families.size).to.equal(8);
    for (const [family, group] of families) {
      const cost = meanOf(group.map(({ score }) => score.verdict.costBytes / GIB));
      const bar = meanOf(group.map(({ shared }) => shared.greedyReference.cost));
      expect(cost, family).to.be.below(bar);
    }
  });

  it('ends with no spread beyond the tolerance, unless the greedy is as far beyond', () => {
    for (const { shared, score } of results) {
      const { cpu, memory } = score.verdict.spreads.after;
      const { cpuSpread, memorySpread } = shared.greedyReference;
      const tolerance = 100 * shared.settings.tolerance;
      expect(100 * cpu, `${shared.name} cpu`).to.be.at.most(Math.max(tolerance, cpuSpread) + ROUNDING);
      expect(100 * memory, `${shared.name} memory`).to.be.at.most(
        Math.max(tolerance, memorySpread) + ROUNDING,
      );
    }
  });

  it('repairs every violated rule that the greedy repairs', () => {
    for (const { shared, score } of results) {
      expect(score.verdict.violations.after, shared.name).to.be.at.most(shared.greedyReference.violations);
    }
  });

  it('never makes a rule worse, exceeds the room of a target, or moves what may not move', () => {
    for (const { shared, score } of results) {
      const { worsened, overRoom, forbidden } = score.verdict;
      expect({ worsened, overRoom, forbidden }, shared.name).to.deep.equal({
        worsened: [],
        overRoom: [],
        forbidden: [],
      });
    }
  });

  it('plans the same again, in whatever order guests and nodes are', async () => {
    const random = createRandom(1);
    for (const { shared, score } of results.filter((_, index) => index % 4 === 0)) {
      const cluster = {
        ...shared.cluster,
        guests: shuffled(shared.cluster.guests, random),
        nodes: shuffled(shared.cluster.nodes, random),
      };
      const { steps } = await scoreSharedCase({ ...shared, cluster });
      expect(steps, shared.name).to.deep.equal(score.steps);
    }
  });
});
