import { expect } from 'chai';
import { soak } from '../support/soak/soak.ts';

const HOURS = 4;

/** The short form of `npm run soak`. */
describe('the soak', () => {
  for (const seed of [1, 2]) {
    it(`holds for ${HOURS} hours with seed ${seed} (npm run soak -- --hours ${HOURS} --seed ${seed})`, async () => {
      const { broken, migrations } = await soak({ seed, hours: HOURS });
      expect(broken).to.deep.equal([]);
      expect(migrations).to.be.greaterThan(0);
    });
  }
});
