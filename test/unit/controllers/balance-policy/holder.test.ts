import { expect } from 'chai';
import fc from 'fast-check';
import { type Claim, holderOf } from '../../../../src/controllers/balance-policy/holder.ts';

function claim(key: string, traits: Partial<Claim> = {}): Claim {
  return {
    key,
    uid: key,
    creationTimestamp: '2026-01-01T00:00:00Z',
    inFlight: 0,
    couldMove: true,
    ...traits,
  };
}

describe('holderOf', () => {
  const older = { creationTimestamp: '2025-01-01T00:00:00Z' };
  const cases: readonly (readonly [string, readonly Claim[], string | undefined])[] = [
    ['nobody', [], undefined],
    ['the only one', [claim('a')], 'a'],
    ['the older', [claim('a'), claim('b', older)], 'b'],
    ['the lower uid of two that are as old', [claim('b'), claim('a')], 'a'],
    ['the one that migrates, whoever is older', [claim('a', { inFlight: 1 }), claim('b', older)], 'a'],
    [
      'the one that migrates, though it may not begin more',
      [claim('a', { inFlight: 1, couldMove: false }), claim('b', older)],
      'a',
    ],
    [
      'the older of two that migrate',
      [claim('a', { inFlight: 9 }), claim('b', { ...older, inFlight: 1 })],
      'b',
    ],
    ['nobody that could not move', [claim('a', { couldMove: false }), claim('b')], 'b'],
    ['nobody when none could', [claim('a', { couldMove: false })], undefined],
  ];
  for (const [name, claims, expected] of cases) {
    it(`is ${name}`, () => {
      expect(holderOf(claims)?.key).to.equal(expected);
    });
  }

  it('is the same for everyone who asks', () => {
    const anyClaim = fc.record({
      key: fc.string(),
      uid: fc.uuid(),
      creationTimestamp: fc.constantFrom('2025-01-01T00:00:00Z', '2026-01-01T00:00:00Z'),
      inFlight: fc.integer({ min: 0, max: 2 }),
      couldMove: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.uniqueArray(anyClaim, { selector: ({ uid }) => uid }), (claims) => {
        expect(holderOf(claims.toReversed())).to.equal(holderOf(claims));
      }),
    );
  });
});
