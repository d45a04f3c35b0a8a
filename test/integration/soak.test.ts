import { expect } from 'chai';
import { soak } from '../support/soak/soak.ts';

/** One storm and the calm stretch after it. */
const HOURS = 6;
/** Of about ten seconds; busy machines take their time. */
const TIMEOUT_MS = 600_000;

/** The short form of `npm run soak`. */
describe('the soak', () => {
  for (const [seed, release] of [
    [1, '9.1'],
    [2, '8.4'],
  ] as const) {
    it(`holds for ${HOURS} hours with seed ${seed} (npm run soak -- --hours ${HOURS} --seed ${seed})`, async () => {
      const { broken, migrations, judged } = await soak({ seed, release, hours: HOURS });
      expect(broken).to.deep.equal([]);
      expect(migrations).to.be.greaterThan(0);
      expect(judged).to.be.greaterThan(0);
    }).timeout(TIMEOUT_MS);
  }
});
