import { expect } from 'chai';
import { planningLimit } from '../../../../src/controllers/balance-policy/planning-limit.ts';
import { createVirtualClock } from '../../../../src/lib/virtual-clock.ts';

describe('the time for planning', () => {
  it('is over after five seconds', async () => {
    const clock = createVirtualClock();
    const { shouldStop } = planningLimit(clock);
    expect(shouldStop?.()).to.equal(false);
    await clock.advance(4_999);
    expect(shouldStop?.()).to.equal(false);
    await clock.advance(1);
    expect(shouldStop?.()).to.equal(true);
    expect(planningLimit(clock).shouldStop?.()).to.equal(false);
  });
});
