import { expect } from 'chai';
import { BLOCK_REASONS } from '../../src/api/block-reasons.ts';
import { REASONS } from '../../src/api/reasons.ts';
import { blockReasonsOf, reasonsOf } from '../support/scenarios/coverage.ts';
import { readScenario, readScenarios } from '../support/scenarios/read-scenarios.ts';

describe('scenarios', () => {
  const scenarios = readScenarios().map(({ scenario }) => scenario);

  it('wait for every reason that a condition can have', () => {
    const seen = new Set(scenarios.flatMap(reasonsOf));
    expect(Object.keys(REASONS).filter((reason) => !seen.has(reason))).to.deep.equal([]);
  });

  it('wait for every reason why a guest is left where it is', () => {
    const seen = new Set(scenarios.flatMap(blockReasonsOf));
    expect(Object.keys(BLOCK_REASONS).filter((reason) => !seen.has(reason))).to.deep.equal([]);
  });

  it('are refused with the place of each mistake', () => {
    const text =
      'title: x\nsteps:\n  - wait: {within: soon, conditions: {Ready: True Fine}}\nexpect: {tasks: []}\n';
    expect(() => readScenario('odd.yaml', text))
      .to.throw('test/scenarios/odd.yaml is not a scenario')
      .with.property('message')
      .that.matches(/\/steps\/0\/wait\/within.*\/steps\/0\/wait\/conditions\/Ready.*\/expect .*\(history\)/s);
  });
});
