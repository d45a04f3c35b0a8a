import { expect } from 'chai';
import fc from 'fast-check';
import { apiError } from '../../support/fake-api-client.ts';
import { createLeaseElection } from '../../support/lease-election.ts';

describe('the leader elector', () => {
  it('never lets two be certain at once, whoever is paused and whatever fails', async () => {
    const names = ['a', 'b', 'c'] as const;
    const step = fc.record({
      who: fc.nat(names.length - 1),
      what: fc.constantFrom('pause', 'resume', 'leap', 'fail', 'lose answer', 'hang', 'nothing'),
      forMs: fc.integer({ min: 0, max: 9_000 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const { clock, client, candidate } = createLeaseElection();
        const stop = new AbortController();
        const candidates = names.map((name) => candidate(name, stop.signal));
        for (const { who, what, forMs } of steps) {
          const chosen = candidates[who];
          if (what === 'pause') chosen?.clock.pause();
          if (what === 'resume') chosen?.clock.resume();
          if (what === 'leap') chosen?.clock.leapWall(forMs * 1_000 - 4_000_000);
          if (what === 'fail') client.fail('update', apiError(503));
          if (what === 'lose answer') {
            client.fail('update', apiError(undefined, { mayHaveTakenEffect: true }), { after: true });
          }
          if (what === 'hang') client.hang('get');
          for (let passed = 0; passed < forMs; passed += 500) {
            await clock.advance(500);
            const certain = candidates.filter(({ elector }) => elector.isCertain());
            expect(certain.length).to.be.at.most(1);
          }
        }
        stop.abort(new Error('over'));
        for (const { elector, clock: own } of candidates) {
          own.resume();
          const released = elector.release();
          await clock.advance(5_000);
          await released;
        }
      }),
      { numRuns: 300 },
    );
  });
});
