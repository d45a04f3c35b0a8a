import { expect } from 'chai';
import { closingLine, judgeMochaRun } from '../../../scripts/counts.ts';

describe('counts of a test run', () => {
  it('close a run with one line that tools can read', () => {
    expect(closingLine({ passed: 12, failed: 1, skipped: 3 })).to.equal('12 passed, 1 failed, 3 skipped');
  });

  it('are what mocha reported', () => {
    expect(judgeMochaRun({ passed: 5, failed: 0, skipped: 1 }, 0)).to.deep.equal({
      passed: 5,
      failed: 0,
      skipped: 1,
    });
    expect(judgeMochaRun({ passed: 5, failed: 2, skipped: 0 }, 2)).to.deep.equal({
      passed: 5,
      failed: 2,
      skipped: 0,
    });
  });

  it('hold a failure where no test ran', () => {
    expect(judgeMochaRun({ passed: 0, failed: 0, skipped: 0 }, 0).failed).to.equal(1);
  });

  it('hold a failure where mocha broke off before it reported', () => {
    expect(judgeMochaRun(undefined, 1)).to.deep.equal({ passed: 0, failed: 1, skipped: 0 });
    expect(judgeMochaRun(undefined, null).failed).to.equal(1);
  });

  it('hold a failure where mocha was killed after all its tests had passed', () => {
    expect(judgeMochaRun({ passed: 5, failed: 0, skipped: 0 }, null)).to.deep.equal({
      passed: 5,
      failed: 1,
      skipped: 0,
    });
  });
});
