import { createPolicyWorld, type PolicyWorld } from './policy-world.ts';

/** A world with one policy, `lab`, that looks every minute and has one migration under way at a time. */
export function createSerialPolicyWorld(spec: object = {}): PolicyWorld {
  const world = createPolicyWorld();
  world.apply('lab', {
    spec: { interval: '1m', tolerance: '50%', migration: { concurrency: { total: 1, perNode: 1 } }, ...spec },
  });
  return world;
}
