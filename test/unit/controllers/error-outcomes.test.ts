import { expect } from 'chai';
import { REASONS } from '../../../src/api/reasons.ts';
import { ERROR_OUTCOMES, outcomeOfError } from '../../../src/controllers/error-outcomes.ts';
import { type ErrorCode, OperatorError } from '../../../src/lib/errors.ts';

const CODES = Object.keys(ERROR_OUTCOMES) as ErrorCode[];

describe('what a controller does with an error', () => {
  for (const code of CODES) {
    it(`of the code ${code} fits what the catalogue says of it, and has a documented reason`, () => {
      const { action } = new OperatorError(code, 'any');
      const outcome = ERROR_OUTCOMES[code];
      expect(outcome.stalled).to.equal(action === 'Stall' || action === 'User');
      expect(REASONS).to.have.property(outcome.reason);
      // Who stalls must tell somebody.
      if (outcome.stalled) expect(outcome.event).to.equal(true);
    });
  }

  it('that nobody foresaw is to try again, and to log it as an error', () => {
    expect(outcomeOfError(new TypeError('x is not a function'))).to.deep.equal({
      reason: 'ProgressingWithRetry',
      stalled: false,
      event: false,
      level: 'error',
      message: 'x is not a function',
    });
    expect(outcomeOfError('thrown text').message).to.equal('thrown text');
  });
});
