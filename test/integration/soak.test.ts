import { expect } from 'chai';
import { soak } from '../support/soak/soak.ts';

/** One storm and the calm stretch after it. */
const HOURS = 6;
/** Of about ten seconds; busy machines take their time. */
const TIMEOUT_MS = 600_000;

/** The short form of `npm run soak`. */
describe('the soak', () => {
  for (const [seed, release, strategy] of [
    [1, '9.1', 'Cslb'],
    [2, '8.4', 'Cslb'],
    [1, '9.1', 'Optimize'],
    [2, '8.4', 'Optimize'],
  ] as const) {
    const flags = `--hours ${HOURS} --seed ${seed} --strategy ${strategy}`;
    it(`holds for ${HOURS} hours with ${strategy} and seed ${seed} (npm run soak -- ${flags})`, async () => {
      const { broken, migrations, judged } = await soak({ seed, release, strategy, hours: HOURS });
      expect(broken).to.deep.equal([]);
      expect(migrations).to.be.greaterThan(0);
      expect(judged).to.be.greaterThan(0);
    }).timeout(TIMEOUT_MS);
  }
});
