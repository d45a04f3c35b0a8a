import { expect } from 'chai';
import type { PlannerCase } from '../../../bench/planner/case.ts';
import { type Optimum, optimumOf, readOptima, solvedCases } from '../../../bench/planner/exact/optima.ts';
import { type Score, score } from '../../../bench/planner/score.ts';
import { exactGap, meanOf } from '../../../bench/planner/summary.ts';

const MOST_MEAN_GAP = 0.05;
/** What the solver itself leaves open. */
const PROOF_GAP = 0.001;

interface Result {
  readonly plannerCase: PlannerCase;
  readonly optimum: Optimum | undefined;
  readonly score: Score;
}

describe('Optimize beside the exact optimum (bench/planner/exact)', () => {
  let results: readonly Result[] = [];

  before(() => {
    const optima = readOptima();
    results = solvedCases().map((plannerCase) => ({
      plannerCase,
      optimum: optimumOf(plannerCase, optima),
      score: score(plannerCase, 'Optimize'),
    }));
  });

  it('has proven optima for nearly all small cases', () => {
    const proven = results.filter(({ optimum }) => optimum?.status === 'Optimal');
    expect(proven.length).to.be.at.least(results.length - 2);
    expect(proven.filter(({ plannerCase }) => plannerCase.cluster.guests.length === 40)).to.have.length.above(
      12,
    );
  });

  it('does all that is asked for in each, and never for less than what is proven to be needed', () => {
    for (const { plannerCase, optimum, score: reached } of results) {
      const { name } = plannerCase;
      expect(reached.withinTolerance, name).to.equal(true);
      expect(reached.verdict.violations.after + reached.verdict.undrained.after, name).to.equal(0);
      expect(reached.verdict.costBytes / 2 ** 30, name).to.be.at.least(
        (optimum?.bound ?? 0) * (1 - PROOF_GAP),
      );
    }
  });

  it('costs at most 5 % more on average', () => {
    for (const guests of [20, 40]) {
      const cases = results.filter(({ plannerCase }) => plannerCase.cluster.guests.length === guests);
      const gaps = cases.flatMap(({ score: reached, optimum }) => exactGap(reached, optimum) ?? []);
      expect(gaps).to.have.lengthOf(cases.length);
      expect(meanOf(gaps), `${guests} guests`).to.be.at.most(MOST_MEAN_GAP);
    }
  });
});
