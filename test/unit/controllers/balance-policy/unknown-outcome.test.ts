import { expect } from 'chai';
import { apiError } from '../../../support/fake-api-client.ts';
import {
  expectSoundRecord,
  history,
  inFlight,
  isBalanced,
  outcomes,
} from '../../../support/policy-assertions.ts';
import type { PolicyWorld } from '../../../support/policy-world.ts';
import { createSerialPolicyWorld } from '../../../support/serial-policy-world.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

describe('a migrate request without an answer', () => {
  it('is never repeated, and its task is adopted', async () => {
    const world = createSerialPolicyWorld();
    world.proxmox.nextStart(100, { kind: 'LostAfter' });
    await world.run(10_000);
    expect(inFlight(world).map(({ state, upid }) => [state, upid])).to.deep.equal([
      ['Running', world.proxmox.tasks[0]?.upid],
    ]);
    expect(await world.run(HOUR_MS, () => isBalanced(world))).to.equal(true);
    expect(world.proxmox.requests.filter(({ vmid }) => vmid === 100)).to.have.lengthOf(1);
    expect(outcomes(world)).to.deep.equal(['100 Succeeded', '200 Succeeded']);
    expectSoundRecord(world);
  });

  it('is never repeated, also where its task starts late', async () => {
    const world = createSerialPolicyWorld();
    world.proxmox.nextStart(100, { kind: 'LostAfter', lateMs: 60_000 });
    expect(await world.run(HOUR_MS, () => isBalanced(world))).to.equal(true);
    expect(world.proxmox.requests.filter(({ vmid }) => vmid === 100)).to.have.lengthOf(1);
    expect(outcomes(world)).to.deep.equal(['100 Succeeded', '200 Succeeded']);
    expectSoundRecord(world);
  });

  it('has its task adopted also where that failed before its log came to name a target', async () => {
    const world = createSerialPolicyWorld();
    world.proxmox.nextStart(100, { kind: 'LostAfter' });
    const errorText = "Can't connect to destination address using public key";
    world.proxmox.course(100, { milliseconds: 10_000, exitStatus: 'migration aborted', errorText });
    await world.run(0, () => world.proxmox.tasks.length > 0);
    const upid = world.proxmox.tasks[0]?.upid ?? '';
    world.proxmox.withoutLog.add(upid);
    await world.run(8_000);
    expect(inFlight(world).map(({ state }) => state)).to.deep.equal(['Pending']);
    await world.run(8_000);
    const message = `migration aborted: ${errorText}.`;
    expect(history(world)[0]).to.deep.include({ vmid: 100, outcome: 'Failed', upid, message });
    expectSoundRecord(world);
  });

  it('is found though the credentials were replaced by those of another token before its answer came', async () => {
    const world = createSerialPolicyWorld();
    world.proxmox.nextStart(100, { kind: 'LostAfter' });
    await world.run(0, () => world.proxmox.tasks.length > 0);
    Object.assign(world.proxmox, { user: 'balancer@pve!second' });
    expect(await world.run(HOUR_MS, () => outcomes(world).length > 0)).to.equal(true);
    expect(outcomes(world)).to.deep.equal(['100 Succeeded']);
    expect(history(world)[0]?.upid).to.equal(world.proxmox.tasks[0]?.upid);
  });

  it('counts a failure once though the answer to its record was lost', async () => {
    const world = createSerialPolicyWorld();
    world.proxmox.course(100, { exitStatus: 'migration aborted' });
    await world.run(0, () => world.proxmox.tasks.length > 0);
    const [task] = world.proxmox.tasks;
    if (!task) throw new Error('nothing is under way');
    let lost = false;
    world.proxmox.onCall = (call) => {
      if (lost || call !== 'readTask' || world.proxmox.isRunning(task)) return;
      lost = true;
      world.api.fail('applyStatus', apiError(undefined, { mayHaveTakenEffect: true }), { after: true });
    };
    await world.run(5 * MINUTE_MS, () => outcomes(world).length > 0);
    await world.run(0);
    expect(lost).to.equal(true);
    expect(world.policy().status?.cooldowns?.map(({ vmid, failures }) => [vmid, failures])).to.deep.include([
      100, 1,
    ]);
    expectSoundRecord(world);
  });

  it('that never arrived is NotStarted after 120 s of Proxmox time and not before, and holds the limits until then', async () => {
    const world = createSerialPolicyWorld();
    world.proxmox.nextStart(100, { kind: 'LostBefore' });
    await world.run(119_000);
    expect(inFlight(world).map(({ vmid, state }) => [vmid, state])).to.deep.equal([[100, 'Pending']]);
    expect(world.proxmox.requests).to.have.lengthOf(1);
    await world.run(5_000);
    expect(outcomes(world)).to.deep.equal(['100 NotStarted']);
    expect(await world.run(HOUR_MS, () => isBalanced(world))).to.equal(true);
    expectSoundRecord(world);
  });

  it('is not given up on a single look: a new process needs two, 15 s apart', async () => {
    const world = createSerialPolicyWorld();
    world.proxmox.nextStart(100, { kind: 'LostBefore' });
    await world.run(118_000);
    world.restart();
    await world.run(10_000);
    expect(inFlight(world)).to.have.lengthOf(1);
    await world.run(10_000);
    expect(outcomes(world)).to.deep.equal(['100 NotStarted']);
  });

  it('stays open while the guest is locked or its node does not answer', async () => {
    const world = createSerialPolicyWorld({
      migration: { timeout: '5m', concurrency: { total: 1, perNode: 1 } },
    });
    world.proxmox.nextStart(100, { kind: 'LostBefore' });
    await world.run(3_000);
    world.proxmox.unreachable.add('pve1');
    await world.run(10 * MINUTE_MS);
    expect(inFlight(world)).to.have.lengthOf(1);
    world.proxmox.unreachable.delete('pve1');
    const guest = world.proxmox.guests.get(100);
    if (guest) guest.lock = 'backup';
    await world.run(10 * MINUTE_MS);
    expect(inFlight(world)).to.have.lengthOf(1);
    if (guest) guest.lock = undefined;
    // What was seen before it was locked does not count any more.
    await world.run(14_000);
    expect(outcomes(world)).to.deep.equal([]);
    await world.run(6_000);
    expect(outcomes(world)).to.deep.equal(['100 NotStarted']);
  });

  for (const [name, disturb] of [
    ['its node does not answer', (world: PolicyWorld) => void world.proxmox.unreachable.add('pve1')],
    [
      'its guest stays locked',
      (world: PolicyWorld) => {
        const guest = world.proxmox.guests.get(100);
        if (guest) guest.lock = 'snapshot';
      },
    ],
  ] as const) {
    it(`becomes overdue when ${name} for longer than the timeout`, async () => {
      const world = createSerialPolicyWorld({
        migration: { timeout: '5m', concurrency: { total: 1, perNode: 1 } },
      });
      world.proxmox.nextStart(100, { kind: 'LostBefore' });
      await world.run(1_000);
      disturb(world);
      await world.run(10 * MINUTE_MS);
      expect(inFlight(world).map(({ state }) => state)).to.deep.equal(['Overdue']);
      expect(world.events.filter(({ reason }) => reason === 'MigrationOverdue')).to.have.lengthOf(1);
    });
  }

  it('is superseded when somebody else migrates the guest, who is then left alone', async () => {
    const world = createSerialPolicyWorld();
    world.proxmox.nextStart(100, { kind: 'LostBefore' });
    await world.run(1_000);
    world.proxmox.startForeign(100, 'pve4');
    await world.run(10_000);
    expect(outcomes(world)).to.deep.equal(['100 Superseded']);
    expect(history(world)[0]?.message).to.contain('root@pam');
  });

  it('is superseded by a task of our own user to another node', async () => {
    const world = createSerialPolicyWorld();
    world.proxmox.nextStart(100, { kind: 'LostBefore' });
    await world.run(1_000);
    world.proxmox.startForeign(100, 'pve5', { user: world.proxmox.user });
    await world.run(10_000);
    expect(outcomes(world)).to.deep.equal(['100 Superseded']);
  });

  it('is not taken for an older task of the same guest to the same node', async () => {
    const world = createSerialPolicyWorld({ mode: 'DryRun' });
    const old = world.proxmox.startForeign(100, 'pve3', {
      user: world.proxmox.user,
      milliseconds: 1_000,
      exitStatus: 'migration aborted',
    });
    await world.run(MINUTE_MS);
    world.proxmox.nextStart(100, { kind: 'LostBefore' });
    world.apply('lab', { spec: { interval: '1m', migration: { concurrency: { total: 1, perNode: 1 } } } });
    await world.run(30_000);
    expect(inFlight(world).map(({ state, afterUpid }) => [state, afterUpid])).to.deep.equal([
      ['Pending', old.upid],
    ]);
    await world.run(2 * MINUTE_MS);
    expect(outcomes(world)).to.include('100 NotStarted');
  });

  it('counts as succeeded when the guest arrived and every trace of the task is gone', async () => {
    const world = createSerialPolicyWorld();
    world.proxmox.nextStart(100, { kind: 'LostAfter' });
    await world.run(0, () => world.proxmox.tasks.length > 0);
    world.proxmox.pruned.add(world.proxmox.tasks[0]?.upid ?? '');
    await world.run(3 * MINUTE_MS);
    expect(outcomes(world)).to.include('100 Succeeded');
  });
});
