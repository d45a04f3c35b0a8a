import { expect } from 'chai';
import fc from 'fast-check';
import { roundHalfEven } from '../../../src/balancing/round-half-even.ts';
import { mean, sampleDeviation } from '../../../src/balancing/statistics.ts';

describe('roundHalfEven', () => {
  it('rounds halves to the even number, as Python does', () => {
    const values = [0.5, 1.5, 2.5, 3.5, -0.5, -1.5, -2.5, 0.49999999999999994, 2.5000000000000004];
    expect(values.map((value) => roundHalfEven(value) + 0)).to.deep.equal([0, 2, 2, 4, 0, -2, -2, 0, 3]);
  });

  it('is never further away than a half', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, min: -1e15, max: 1e15 }), (value) => {
        const rounded = roundHalfEven(value);
        return Number.isInteger(rounded) && Math.abs(rounded - value) <= 0.5;
      }),
    );
  });
});

describe('sampleDeviation', () => {
  it('is what Python computes, to the last bit', () => {
    expect(sampleDeviation([1, 2, 3, 4])).to.equal(1.2909944487358056);
    expect(sampleDeviation([416, 125, 147])).to.equal(162.03188986533897);
    expect(sampleDeviation([7, 7, 7])).to.equal(0);
    expect(sampleDeviation([100, 200])).to.equal(70.71067811865476);
  });

  it('is 0 for one value or none', () => {
    expect([sampleDeviation([]), sampleDeviation([5])]).to.deep.equal([0, 0]);
  });

  it('does not depend on the order, and is close to the textbook formula', () => {
    const weights = fc.array(fc.integer({ min: 0, max: 1_000_000 }), { minLength: 2, maxLength: 50 });
    fc.assert(
      fc.property(weights, (values) => {
        const deviation = sampleDeviation(values);
        expect(sampleDeviation([...values].reverse())).to.equal(deviation);
        const average = mean(values);
        const squares = values.reduce((sum, value) => sum + (value - average) ** 2, 0);
        expect(deviation).to.be.closeTo(Math.sqrt(squares / (values.length - 1)), 1e-6);
      }),
    );
  });
});
