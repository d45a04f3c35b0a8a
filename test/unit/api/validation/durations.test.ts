import { expect } from 'chai';
import fc from 'fast-check';
import { validatePolicy } from '../../../../src/api/validation/validate-manifest.ts';
import { parseDuration } from '../../../../src/lib/duration.ts';
import { policyManifest } from '../../../support/manifests.ts';

const amount = fc.oneof(
  fc.nat(1_000_000).map(String),
  fc.double({ min: 0, max: 200, noNaN: true }).map((n) => n.toFixed(3)),
);
const component = fc
  .tuple(amount, fc.constantFrom('ms', 's', 'm', 'h', 'd', ''))
  .map((parts) => parts.join(''));
const duration = fc.array(component, { minLength: 1, maxLength: 3 }).map((components) => components.join(''));

describe('a duration that the rules accept', () => {
  it('is read as a time within the bounds that the rules state', () => {
    let accepted = 0;
    fc.assert(
      fc.property(duration, (interval) => {
        const validation = validatePolicy(JSON.parse(policyManifest({ interval })));
        if (validation.kind === 'Invalid') return;
        accepted += 1;
        expect(parseDuration(interval)).to.be.within(10_000, 168 * 3_600_000);
      }),
      { numRuns: 2000 },
    );
    expect(accepted).to.be.above(0);
  });
});
