import { expect } from 'chai';
import type { CrashPoint } from '../../../support/mortal-calls.ts';
import {
  expectSoundRecord,
  history,
  inFlight,
  isBalanced,
  outcomes,
} from '../../../support/policy-assertions.ts';
import type { PolicyWorld } from '../../../support/policy-world.ts';
import { createSerialPolicyWorld } from '../../../support/serial-policy-world.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** All guests are in the care of HA. */
function begin(spec: object = {}): PolicyWorld {
  const world = createSerialPolicyWorld(spec);
  for (const guest of world.proxmox.guests.values()) guest.haManaged = true;
  return world;
}

function states(world: PolicyWorld): readonly string[] {
  return inFlight(world).map(({ vmid, state }) => `${vmid} ${state}`);
}

function requestsFor(world: PolicyWorld, vmid: number): number {
  return world.proxmox.requests.filter((request) => request.vmid === vmid).length;
}

describe('a guest that HA manages', () => {
  it('is queued by its migration, and has succeeded when it has stayed on the target for 25 s', async () => {
    const world = begin();
    await world.run(10 * SECOND_MS);
    expect(states(world)).to.deep.equal(['100 Queued']);
    expect(await world.run(HOUR_MS, () => world.proxmox.guests.get(100)?.node !== 'pve1')).to.equal(true);
    await world.run(24 * SECOND_MS);
    expect(states(world)).to.deep.equal(['100 Queued']);
    await world.run(5 * SECOND_MS);
    expect(outcomes(world)).to.deep.equal(['100 Succeeded']);
    expect(history(world)[0]?.upid).to.contain(':hamigrate:100:');
    expect(await world.run(HOUR_MS, () => isBalanced(world))).to.equal(true);
    expect(outcomes(world)).to.deep.equal(['100 Succeeded', '200 Succeeded']);
    expectSoundRecord(world);
  });

  it('counts for the limits once while HA works on it', async () => {
    const world = begin({ migration: { concurrency: { total: 2, perNode: 1 } } });
    await world.run(MINUTE_MS, () =>
      world.proxmox.tasks.some((task) => task.request && world.proxmox.isRunning(task)),
    );
    expect(states(world)).to.deep.equal(['100 Queued', '200 Queued']);
    expect(await world.run(HOUR_MS, () => isBalanced(world))).to.equal(true);
    expect(world.proxmox.requests).to.have.lengthOf(2);
    expectSoundRecord(world);
  });

  it('is refused when 60 s later nothing of it has moved', async () => {
    const world = begin();
    world.proxmox.haCourse(100, 'Drops');
    await world.run(59 * SECOND_MS);
    expect(states(world)).to.deep.equal(['100 Queued']);
    await world.run(5 * SECOND_MS);
    expect(outcomes(world)).to.deep.equal(['100 Refused']);
  });

  it('is refused also when its target is dead meanwhile, and does not answer for it', async () => {
    const world = begin();
    world.proxmox.haCourse(100, 'Drops');
    await world.run(5 * SECOND_MS);
    world.proxmox.unreachable.add(inFlight(world)[0]?.target ?? '');
    await world.run(60 * SECOND_MS);
    expect(outcomes(world)).to.deep.equal(['100 Refused']);
  });

  it('is refused at once when its task says so', async () => {
    const world = begin();
    world.proxmox.haCourse(100, 'RefusesAtOnce');
    await world.run(5 * SECOND_MS);
    expect(outcomes(world)).to.deep.equal(['100 Refused']);
    expect(history(world)[0]?.message).to.contain("command 'ha-manager migrate vm:100");
  });

  it('is followed although the task was killed that handed the request over', async () => {
    const world = begin();
    world.proxmox.haCourse(100, 'IsKilled');
    await world.run(10 * SECOND_MS);
    expect(states(world)).to.deep.equal(['100 Queued']);
    await world.run(3 * MINUTE_MS, () => outcomes(world).length > 0);
    expect(outcomes(world)).to.deep.equal(['100 Succeeded']);
    expectSoundRecord(world);
  });

  it('has failed when HA moves it back', async () => {
    const world = begin();
    world.proxmox.haCourse(100, 'MovesBack');
    await world.run(3 * MINUTE_MS, () => outcomes(world).length > 0);
    expect(outcomes(world)).to.deep.equal(['100 Failed']);
    expect(history(world)[0]?.message).to.match(/HA moved the guest to pve\d and back again/);
    expect(world.proxmox.guests.get(100)?.node).to.equal('pve1');
  });

  it('has failed when its HA state is error, and rests', async () => {
    const world = begin();
    world.proxmox.haCourse(100, 'Errs');
    await world.run(3 * MINUTE_MS, () => outcomes(world).length > 0);
    expect(outcomes(world)).to.deep.equal(['100 Failed']);
    expect(history(world)[0]?.message).to.contain("state 'error'");
    await world.run(5 * MINUTE_MS);
    expect(requestsFor(world, 100)).to.equal(1);
  });

  it('has failed when the migration that HA began fails', async () => {
    const world = begin();
    world.proxmox.course(100, { exitStatus: 'migration aborted' });
    await world.run(3 * MINUTE_MS, () => outcomes(world).length > 0);
    expect(outcomes(world)).to.deep.equal(['100 Failed']);
    expect(history(world)[0]?.message).to.contain("'migration aborted'");
  });

  it('does not move while its HA state is another one than started', async () => {
    const world = begin();
    for (const guest of world.proxmox.guests.values()) guest.haState = 'freeze';
    await world.run(5 * MINUTE_MS);
    expect(world.proxmox.requests).to.deep.equal([]);
    expect(world.policy().status?.plan?.blocked?.map(({ reason }) => reason)).to.deep.equal(['HaState']);
  });

  for (const [what, change] of [
    ['stopped', { haState: 'stopped', status: 'stopped' }],
    ['taken from HA', { haManaged: false }],
  ] as const) {
    it(`that is ${what} while it waits is not waited for for ever`, async () => {
      const world = begin();
      world.proxmox.haCourse(100, 'Drops');
      await world.run(5 * SECOND_MS);
      Object.assign(world.proxmox.guests.get(100) ?? {}, change);
      await world.run(2 * MINUTE_MS);
      expect(outcomes(world)[0]).to.equal('100 Failed');
      expect(history(world).at(-1)?.message).to.contain(what);
    });
  }

  it('is followed on by the next process, wherever HA is with it', async () => {
    for (let at = 500; at < 70_000; at += 1_500) {
      const world = begin();
      await world.run(at);
      world.restart();
      expect(await world.run(HOUR_MS, () => isBalanced(world)), `restarted at ${at}`).to.equal(true);
      expect(outcomes(world), `restarted at ${at}`).to.deep.equal(['100 Succeeded', '200 Succeeded']);
      expectSoundRecord(world);
    }
  });

  it('becomes overdue while it waits in the queue, and is still followed to its end', async () => {
    const world = begin({ migration: { timeout: '1m', concurrency: { total: 1, perNode: 1 } } });
    world.proxmox.course(100, { milliseconds: 5 * MINUTE_MS });
    await world.run(2 * MINUTE_MS);
    expect(states(world)).to.deep.equal(['100 Overdue']);
    expect(world.events.filter(({ reason }) => reason === 'MigrationOverdue')).to.have.lengthOf(1);
    expect(await world.run(HOUR_MS, () => isBalanced(world))).to.equal(true);
    expect(outcomes(world)).to.deep.equal(['100 Succeeded', '200 Succeeded']);
    expectSoundRecord(world);
  });

  it('is followed through a log of its request that is gone', async () => {
    const world = begin();
    await world.run(500);
    world.proxmox.pruned.add(world.proxmox.tasks[0]?.upid ?? '');
    await world.run(2 * MINUTE_MS, () => outcomes(world).length > 0);
    expect(outcomes(world)).to.deep.equal(['100 Succeeded']);
  });

  it('is not taken for superseded by the task of root that HA carries its request out with', async () => {
    const world = begin();
    world.proxmox.nextStart(100, { kind: 'LostAfter' });
    await world.run(0, () => world.proxmox.tasks.length > 0);
    const [request] = world.proxmox.tasks;
    world.proxmox.withoutLog.add(request?.upid ?? '');
    const works = () => world.proxmox.tasks.some((task) => task.request && world.proxmox.isRunning(task));
    expect(await world.run(MINUTE_MS, works)).to.equal(true);
    await world.run(5 * SECOND_MS);
    expect(outcomes(world)).to.deep.equal([]);
    world.proxmox.withoutLog.clear();
    expect(await world.run(HOUR_MS, () => isBalanced(world))).to.equal(true);
    expect(outcomes(world)).to.deep.equal(['100 Succeeded', '200 Succeeded']);
    expectSoundRecord(world);
  });

  it('is superseded when somebody else has HA move it', async () => {
    const world = begin();
    world.proxmox.nextStart(100, { kind: 'LostBefore' });
    await world.run(SECOND_MS);
    world.proxmox.startForeign(100, 'pve4');
    await world.run(10 * SECOND_MS);
    expect(outcomes(world)).to.deep.equal(['100 Superseded']);
  });

  it('is asked for once, also where the status is wiped while HA has the request', async () => {
    for (let at = 500; at < 50_000; at += 1_500) {
      const world = begin();
      await world.run(at);
      world.wipeStatus();
      expect(await world.run(HOUR_MS, () => isBalanced(world)), `wiped at ${at}`).to.equal(true);
      expect(world.violations, `wiped at ${at}`).to.deep.equal([]);
      expect(requestsFor(world, 100), `wiped at ${at}`).to.equal(1);
    }
  });
});

describe('an operator that is killed while it moves guests of HA', () => {
  const crashSpec = { migration: { concurrency: { total: 2, perNode: 1 } } };
  const runToTheEnd = (world: PolicyWorld) =>
    world.run(HOUR_MS, () => isBalanced(world) && inFlight(world).length === 0);

  for (const when of ['Before', 'After'] as const) {
    it(`loses and doubles nothing, whichever call it was killed at (${when.toLowerCase()} it took effect)`, async () => {
      const undisturbed = begin(crashSpec);
      expect(await runToTheEnd(undisturbed)).to.equal(true);
      for (let at = 1; at <= undisturbed.ioCalls; at += 1) {
        const world = begin(crashSpec);
        world.crashAt({ at, when } satisfies CrashPoint);
        expect(await runToTheEnd(world), `balanced after a crash at ${at}`).to.equal(true);
        expectSoundRecord(world);
        const others = outcomes(world).filter((outcome) => !/ (?:Succeeded|NotStarted)$/.test(outcome));
        expect(others, `crash at ${at}`).to.deep.equal([]);
        expect(outcomes(world).filter((outcome) => outcome.endsWith('Succeeded'))).to.have.lengthOf(2);
      }
    }).timeout(300_000);
  }
});
