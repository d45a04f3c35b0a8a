import { expect } from 'chai';
import type { CrashPoint } from '../../../support/mortal-calls.ts';
import { expectSoundRecord, history, inFlight, isBalanced } from '../../../support/policy-assertions.ts';
import { createPolicyWorld, type PolicyWorld } from '../../../support/policy-world.ts';

const HOUR_MS = 3_600_000;

function begin(): PolicyWorld {
  const world = createPolicyWorld();
  world.apply('lab', { spec: { interval: '1m', tolerance: '50%' } });
  return world;
}

async function runToTheEnd(world: PolicyWorld): Promise<boolean> {
  return await world.run(HOUR_MS, () => isBalanced(world) && inFlight(world).length === 0);
}

async function undisturbed() {
  const world = begin();
  const balanced = await runToTheEnd(world);
  expect(balanced).to.equal(true);
  expectSoundRecord(world);
  return { calls: world.ioCalls, tasks: world.proxmox.tasks.length };
}

describe('a killed operator', () => {
  for (const when of ['Before', 'After'] as const) {
    it(`loses and doubles nothing, whichever call it was killed at (${when.toLowerCase()} it took effect)`, async () => {
      const { calls } = await undisturbed();
      for (let at = 1; at <= calls; at += 1) {
        const world = begin();
        world.crashAt({ at, when } satisfies CrashPoint);
        const balanced = await runToTheEnd(world);
        expect(balanced, `balanced after a crash at ${at}`).to.equal(true);
        expectSoundRecord(world);
        const unstarted = history(world).filter(({ outcome }) => outcome === 'NotStarted');
        const others = history(world).filter(
          ({ outcome }) => outcome !== 'NotStarted' && outcome !== 'Succeeded',
        );
        expect(unstarted.length, `not started, crash at ${at}`).to.be.at.most(1);
        expect(others, `crash at ${at}`).to.deep.equal([]);
        expect(history(world)).to.have.lengthOf(world.proxmox.tasks.length + unstarted.length);
        expect(world.proxmox.requests).to.have.lengthOf.at.most(
          world.proxmox.tasks.length + unstarted.length,
        );
      }
    });
  }

  it('loses and doubles nothing when it is killed again while it recovers', async () => {
    const { calls } = await undisturbed();
    for (let at = 1; at <= calls; at += 3) {
      const world = begin();
      world.crashAt({ at, when: 'After' });
      await world.run(HOUR_MS, () => world.ioCalls >= at);
      for (const next of [2, 3, 5, 8, 13]) {
        world.crashAt({ at: next, when: next % 2 === 0 ? 'After' : 'Before' });
        const from = world.ioCalls;
        await world.run(HOUR_MS, () => world.ioCalls >= from + next);
      }
      expect(await runToTheEnd(world), `balanced after crashes from ${at} on`).to.equal(true);
      expectSoundRecord(world);
    }
  });
});
