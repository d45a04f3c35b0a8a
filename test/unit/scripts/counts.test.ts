import { expect } from 'chai';
import { closingLine, failureLines, judgeMochaRun } from '../../../scripts/counts.ts';

const PASSED = { passed: 5, failures: [], skipped: 1 };

describe('counts of a test run', () => {
  it('close a run with one line that tools can read', () => {
    expect(closingLine({ passed: 12, failures: ['a'], skipped: 3 })).to.equal(
      '12 passed, 1 failed, 3 skipped',
    );
  });

  it('name at the end what failed', () => {
    expect(failureLines({ passed: 12, failures: ['unit: a: no', 'e2e: b: no'], skipped: 0 })).to.deep.equal([
      'FAILED: unit: a: no',
      'FAILED: e2e: b: no',
    ]);
    expect(failureLines(PASSED)).to.deep.equal([]);
  });

  it('are what mocha reported', () => {
    expect(judgeMochaRun(PASSED, 0)).to.deep.equal(PASSED);
    const failed = { passed: 5, failures: ['a: no', 'b: no'], skipped: 0 };
    expect(judgeMochaRun(failed, 2)).to.deep.equal(failed);
  });

  it('hold a failure where no test ran', () => {
    const none = { passed: 0, failures: [], skipped: 0 };
    expect(judgeMochaRun(none, 0)).to.deep.equal({ ...none, failures: ['no test ran'] });
  });

  it('hold a failure where mocha broke off before it reported', () => {
    const brokeOff = { passed: 0, failures: ['mocha broke off'], skipped: 0 };
    expect(judgeMochaRun(undefined, 1)).to.deep.equal(brokeOff);
    expect(judgeMochaRun(undefined, null)).to.deep.equal(brokeOff);
  });

  it('hold a failure where mocha was killed after all its tests had passed', () => {
    expect(judgeMochaRun(PASSED, null)).to.deep.equal({
      ...PASSED,
      failures: ['mocha ended badly after its last test: exit code null'],
    });
  });
});
