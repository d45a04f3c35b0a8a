import { expect } from 'chai';
import { BLOCK_REASONS } from '../../src/api/block-reasons.ts';
import { REASONS } from '../../src/api/reasons.ts';
import { blockReasonsOf, reasonsOf } from '../support/scenarios/coverage.ts';
import { readScenario, readScenarios } from '../support/scenarios/read-scenarios.ts';

/** Reasons that no scenario can wait for, and why. */
const UNSEEN_REASONS: Readonly<Record<string, string>> = {
  LeadershipUncertain:
    'A leader that cannot renew its lease ends right after; leadership.test.ts shows the moment between.',
};

const UNSEEN_BLOCK_REASONS: Readonly<Record<string, string>> = {
  Template: 'CSLB leaves templates out without counting them; the scenario `template` shows that.',
  TargetUnavailable:
    'CSLB chooses among nodes that take guests; the scenario `just-booted` shows one that does not.',
};

describe('scenarios', () => {
  const scenarios = readScenarios().map(({ scenario }) => scenario);

  it('wait for every reason that a condition can have', () => {
    const seen = new Set(scenarios.flatMap(reasonsOf));
    const missing = Object.keys(REASONS).filter((reason) => !seen.has(reason));
    expect(missing).to.have.members(Object.keys(UNSEEN_REASONS));
  });

  it('wait for every reason why a guest is left where it is', () => {
    const seen = new Set(scenarios.flatMap(blockReasonsOf));
    const missing = Object.keys(BLOCK_REASONS).filter((reason) => !seen.has(reason));
    expect(missing).to.have.members(Object.keys(UNSEEN_BLOCK_REASONS));
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
