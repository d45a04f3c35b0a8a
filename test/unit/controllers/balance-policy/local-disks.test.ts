import { expect } from 'chai';
import { expectSoundRecord, isBalanced, outcomes } from '../../../support/policy-assertions.ts';
import { createPolicyWorld, type PolicyWorld } from '../../../support/policy-world.ts';

const HOUR_MS = 3_600_000;

/** Guest 100, which CSLB would move first, has a disk on storage of its node. */
function begin(migration: object): PolicyWorld {
  const world = createPolicyWorld();
  world.proxmox.withLocalDisks.add(100);
  world.apply('lab', { spec: { interval: '1m', tolerance: '50%', migration } });
  return world;
}

function requests(world: PolicyWorld) {
  return world.proxmox.requests.map(({ vmid, withLocalDisks }) => ({ vmid, withLocalDisks }));
}

describe('a guest with disks on its node alone', () => {
  it('stays, and the next one moves in its place', async () => {
    const world = begin({});
    await world.run(5_000);
    expect(
      world.policy().status?.plan?.blocked?.map(({ reason, examples }) => [reason, examples]),
    ).to.deep.equal([['LocalDisk', [{ vmid: 100, name: 'vm-100' }]]]);
    expect(await world.run(HOUR_MS, () => isBalanced(world))).to.equal(true);
    expect(requests(world)).to.deep.equal([
      { vmid: 101, withLocalDisks: false },
      { vmid: 200, withLocalDisks: false },
    ]);
    expectSoundRecord(world);
  });

  it('moves with them where the policy says so, and others without the option', async () => {
    const world = begin({ localDisks: true });
    expect(await world.run(HOUR_MS, () => isBalanced(world))).to.equal(true);
    expect(requests(world)).to.deep.equal([
      { vmid: 100, withLocalDisks: true },
      { vmid: 200, withLocalDisks: false },
    ]);
    expect(outcomes(world)).to.deep.equal(['100 Succeeded', '200 Succeeded']);
    expectSoundRecord(world);
  });

  it('that came after the plan was made stays as well', async () => {
    const world = begin({ concurrency: { total: 1, perNode: 1 } });
    world.proxmox.withLocalDisks.clear();
    await world.run(500);
    world.proxmox.withLocalDisks.add(200);
    await world.run(60_000);
    expect(requests(world).map(({ vmid }) => vmid)).to.not.include(200);
  });
});
