import { expect } from 'chai';
import { expectSoundRecord, history, inFlight, isBalanced } from '../../../support/policy-assertions.ts';
import { createSerialPolicyWorld } from '../../../support/serial-policy-world.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

describe('a wiped status', () => {
  it('has its running task adopted and nothing doubled, whenever it is wiped', async () => {
    for (let at = 0; at < 60_000; at += 1_700) {
      const world = createSerialPolicyWorld({ migration: { concurrency: { total: 2, perNode: 1 } } });
      await world.run(at);
      const before = history(world).flatMap(({ upid }) => upid ?? []);
      world.wipeStatus();
      expect(await world.run(HOUR_MS, () => isBalanced(world)), `wiped at ${at}`).to.equal(true);
      expect(world.violations).to.deep.equal([]);
      const recorded = [...before, ...history(world).flatMap(({ upid }) => upid ?? [])].toSorted();
      expect(recorded, `wiped at ${at}`).to.deep.equal(
        world.proxmox.tasks.map(({ upid }) => upid).toSorted(),
      );
    }
  });

  it('is adopted by a new process as well', async () => {
    const world = createSerialPolicyWorld({ migration: { concurrency: { total: 2, perNode: 1 } } });
    await world.run(5_000);
    world.wipeStatus();
    world.restart();
    await world.run(5_000);
    expect(inFlight(world).map(({ vmid, state }) => [vmid, state])).to.deep.equal([
      [100, 'Running'],
      [200, 'Running'],
    ]);
    expect(world.events.filter(({ reason }) => reason === 'MigrationAdopted')).to.have.lengthOf(2);
    expect(await world.run(HOUR_MS, () => isBalanced(world))).to.equal(true);
    expectSoundRecord(world);
  });

  it('is named as one that nobody accounts for where its target stays unknown', async () => {
    const world = createSerialPolicyWorld();
    world.proxmox.course(100, { milliseconds: 10 * MINUTE_MS });
    await world.run(5_000);
    for (const { upid } of world.proxmox.tasks) world.proxmox.withoutLog.add(upid);
    world.wipeStatus();
    await world.run(5 * MINUTE_MS);
    const ready = world.policy().status?.conditions?.find(({ type }) => type === 'Ready');
    expect(ready?.reason).to.equal('ForeignMigrations');
    expect(ready?.message).to.include('guest 100').and.to.include(world.proxmox.user);
    expect(world.proxmox.requests).to.have.lengthOf(1);
  });

  it('is adopted at once where only the target of another cannot be read yet', async () => {
    const world = createSerialPolicyWorld({ migration: { concurrency: { total: 2, perNode: 1 } } });
    await world.run(5_000);
    world.proxmox.withoutLog.add(world.proxmox.tasks[1]?.upid ?? '');
    world.wipeStatus();
    await world.run(1_000);
    expect(inFlight(world).map(({ vmid }) => vmid)).to.deep.equal([100]);
  });

  it('is adopted bit by bit where a target cannot be read yet', async () => {
    const world = createSerialPolicyWorld({ migration: { concurrency: { total: 2, perNode: 1 } } });
    world.proxmox.course(200, { milliseconds: 10 * MINUTE_MS });
    await world.run(5_000);
    for (const { upid } of world.proxmox.tasks) world.proxmox.withoutLog.add(upid);
    world.wipeStatus();
    await world.run(MINUTE_MS);
    expect(world.proxmox.requests).to.have.lengthOf(2);
    world.proxmox.withoutLog.clear();
    expect(await world.run(HOUR_MS, () => isBalanced(world))).to.equal(true);
    expect(world.violations).to.deep.equal([]);
  });
});
