import { expect } from 'chai';
import { apiError } from '../../../support/fake-api-client.ts';
import {
  expectSoundRecord,
  history,
  inFlight,
  isBalanced,
  outcomes,
} from '../../../support/policy-assertions.ts';
import { createPolicyWorld, type PolicyWorld } from '../../../support/policy-world.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

function begin(spec: object = {}): PolicyWorld {
  const world = createPolicyWorld();
  world.apply('lab', {
    spec: { interval: '1m', tolerance: '50%', migration: { concurrency: { total: 1, perNode: 1 } }, ...spec },
  });
  return world;
}

const lost = { mayHaveTakenEffect: true };

describe('a migrate request without an answer', () => {
  it('is never repeated, and its task is adopted', async () => {
    const world = begin();
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
    const world = begin();
    world.proxmox.nextStart(100, { kind: 'LostAfter', lateMs: 60_000 });
    expect(await world.run(HOUR_MS, () => isBalanced(world))).to.equal(true);
    expect(world.proxmox.requests.filter(({ vmid }) => vmid === 100)).to.have.lengthOf(1);
    expect(outcomes(world)).to.deep.equal(['100 Succeeded', '200 Succeeded']);
    expectSoundRecord(world);
  });

  it('has its task adopted also where that failed before its log came to name a target', async () => {
    const world = begin();
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
    const world = begin();
    world.proxmox.nextStart(100, { kind: 'LostAfter' });
    await world.run(0, () => world.proxmox.tasks.length > 0);
    Object.assign(world.proxmox, { user: 'balancer@pve!second' });
    expect(await world.run(HOUR_MS, () => outcomes(world).length > 0)).to.equal(true);
    expect(outcomes(world)).to.deep.equal(['100 Succeeded']);
    expect(history(world)[0]?.upid).to.equal(world.proxmox.tasks[0]?.upid);
  });

  it('counts a failure once though the answer to its record was lost', async () => {
    const world = begin();
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
    const world = begin();
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
    const world = begin();
    world.proxmox.nextStart(100, { kind: 'LostBefore' });
    await world.run(118_000);
    world.restart();
    await world.run(10_000);
    expect(inFlight(world)).to.have.lengthOf(1);
    await world.run(10_000);
    expect(outcomes(world)).to.deep.equal(['100 NotStarted']);
  });

  it('stays open while the guest is locked or its node does not answer', async () => {
    const world = begin({ migration: { timeout: '5m', concurrency: { total: 1, perNode: 1 } } });
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
      const world = begin({ migration: { timeout: '5m', concurrency: { total: 1, perNode: 1 } } });
      world.proxmox.nextStart(100, { kind: 'LostBefore' });
      await world.run(1_000);
      disturb(world);
      await world.run(10 * MINUTE_MS);
      expect(inFlight(world).map(({ state }) => state)).to.deep.equal(['Overdue']);
      expect(world.events.filter(({ reason }) => reason === 'MigrationOverdue')).to.have.lengthOf(1);
    });
  }

  it('is superseded when somebody else migrates the guest, who is then left alone', async () => {
    const world = begin();
    world.proxmox.nextStart(100, { kind: 'LostBefore' });
    await world.run(1_000);
    world.proxmox.startForeign(100, 'pve4');
    await world.run(10_000);
    expect(outcomes(world)).to.deep.equal(['100 Superseded']);
    expect(history(world)[0]?.message).to.contain('root@pam');
  });

  it('is superseded by a task of our own user to another node', async () => {
    const world = begin();
    world.proxmox.nextStart(100, { kind: 'LostBefore' });
    await world.run(1_000);
    world.proxmox.startForeign(100, 'pve5', { user: world.proxmox.user });
    await world.run(10_000);
    expect(outcomes(world)).to.deep.equal(['100 Superseded']);
  });

  it('is not taken for an older task of the same guest to the same node', async () => {
    const world = begin({ mode: 'DryRun' });
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
    const world = begin();
    world.proxmox.nextStart(100, { kind: 'LostAfter' });
    await world.run(0, () => world.proxmox.tasks.length > 0);
    world.proxmox.pruned.add(world.proxmox.tasks[0]?.upid ?? '');
    await world.run(3 * MINUTE_MS);
    expect(outcomes(world)).to.include('100 Succeeded');
  });
});

describe('a followed task', () => {
  it('that was pruned is judged by where the guest is', async () => {
    const world = begin();
    await world.run(5_000);
    world.proxmox.pruned.add(world.proxmox.tasks[0]?.upid ?? '');
    await world.run(1_000);
    expect(outcomes(world)).to.deep.equal([]);
    world.proxmox.unreachable.add('pve1');
    await world.run(30_000);
    expect(inFlight(world)).to.have.lengthOf(1);
    world.proxmox.unreachable.delete('pve1');
    await world.run(3_000);
    expect(outcomes(world)).to.deep.equal(['100 Succeeded']);
  });

  it('becomes overdue also while its node does not answer, and does not fill the log', async () => {
    const world = begin({ migration: { timeout: '5m', concurrency: { total: 1, perNode: 1 } } });
    world.proxmox.course(100, { milliseconds: 30 * MINUTE_MS });
    await world.run(10_000);
    world.proxmox.unreachable.add('pve1');
    await world.run(10 * MINUTE_MS);
    expect(inFlight(world).map(({ state }) => state)).to.deep.equal(['Overdue']);
    const lines = world.logger.lines.filter(({ message }) => message === 'Could not follow migration');
    expect(lines).to.have.lengthOf(1);
    world.proxmox.unreachable.delete('pve1');
    expect(await world.run(HOUR_MS, () => isBalanced(world))).to.equal(true);
    expectSoundRecord(world);
  });

  for (const [exitStatus, moves, outcome] of [
    ['migration problems', true, 'Succeeded'],
    ['migration problems', false, 'Failed'],
    ['unexpected status', true, 'Succeeded'],
    ['unexpected status', false, 'Failed'],
    ['WARNINGS: 2', true, 'Succeeded'],
    ['interrupted by signal', false, 'Failed'],
  ] as const) {
    it(`that ended with '${exitStatus}' has ${outcome} when the guest is on the ${moves ? 'target' : 'source'}`, async () => {
      const world = begin();
      world.proxmox.course(100, { exitStatus, moves });
      await world.run(40_000);
      expect(outcomes(world)[0]).to.equal(`100 ${outcome}`);
    });
  }
});

describe('a task that failed because its target died', () => {
  for (const exitStatus of ['migration problems', 'unexpected status']) {
    it(`ends its migration while the target does not answer: ${exitStatus}`, async () => {
      const world = begin();
      world.proxmox.course(100, { exitStatus, moves: false });
      await world.run(5_000);
      world.proxmox.unreachable.add(inFlight(world)[0]?.target ?? '');
      await world.run(40_000);
      expect(outcomes(world)[0]).to.equal('100 Failed');
      expect(history(world).at(-1)?.message).to.contain('The guest is on its source (running)');
      expectSoundRecord(world);
    });
  }
});

describe('the API server', () => {
  it('saying that the policy changed before an intent: nothing is posted, and it goes on', async () => {
    const world = begin();
    // Before it: that it was not evaluated yet, and the evaluation.
    world.api.failNth('applyStatus', 3, apiError(409));
    await world.run(500);
    expect(world.proxmox.requests).to.deep.equal([]);
    expect(await world.run(HOUR_MS, () => isBalanced(world))).to.equal(true);
    expectSoundRecord(world);
  });

  for (const after of [false, true]) {
    it(`not answering an intent that ${after ? 'was' : 'was not'} stored: it is read back before anything is posted`, async () => {
      const world = begin();
      world.api.failNth('applyStatus', 3, apiError(undefined, lost), { after });
      await world.run(500);
      expect(world.proxmox.requests).to.deep.equal([]);
      // Who knows that nothing was sent need not wait for what might come of it.
      expect(await world.run(MINUTE_MS, () => world.proxmox.requests.length > 0)).to.equal(true);
      expect(await world.run(HOUR_MS, () => isBalanced(world))).to.equal(true);
      expect(world.proxmox.requests.filter(({ vmid }) => vmid === 100)).to.have.lengthOf(1);
      expect(outcomes(world)).to.deep.equal([
        ...(after ? ['100 NotStarted'] : []),
        '100 Succeeded',
        '200 Succeeded',
      ]);
      expectSoundRecord(world);
    });
  }

  for (const error of [apiError(409), apiError(undefined, lost), apiError(503, lost), apiError(403)]) {
    for (const after of error.status === undefined ? [false, true] : [false]) {
      it(`failing with ${error.status} at UPIDs and outcomes${after ? ', though they were stored' : ''}: they are stored again until they are`, async () => {
        const world = begin();
        const { onStart } = world.proxmox;
        world.proxmox.onStart = (request) => {
          onStart(request);
          world.api.fail('applyStatus', error, { times: after ? 1 : 3, after });
        };
        expect(await world.run(HOUR_MS, () => isBalanced(world))).to.equal(true);
        expect(outcomes(world)).to.deep.equal(['100 Succeeded', '200 Succeeded']);
        expectSoundRecord(world);
      });
    }
  }

  it('with another writer in between: an outcome erases nothing of what that one wrote', async () => {
    const world = begin();
    await world.run(5_000);
    const { onCall } = world.proxmox;
    world.proxmox.onCall = (call) => {
      onCall(call);
      // Between the read of the policy and the write of the outcome.
      if (call !== 'readTask' || world.proxmox.tasks.some(world.proxmox.isRunning)) return;
      world.proxmox.onCall = onCall;
      world.editStatus('lab', (status) => ({ ...status, totals: { succeeded: 7, failed: 7 } }));
    };
    await world.run(20_000);
    expect(outcomes(world)).to.deep.equal(['100 Succeeded']);
    expect(world.policy().status?.totals).to.deep.equal({ succeeded: 8, failed: 7 });
  });

  it('being away: nothing is begun, and everything is recorded when it is back', async () => {
    const world = begin();
    await world.run(5_000);
    world.api.fail('get', apiError(undefined), { times: 30 });
    expect(await world.run(HOUR_MS, () => isBalanced(world))).to.equal(true);
    expectSoundRecord(world);
  });
});

describe('a wiped status', () => {
  it('has its running task adopted and nothing doubled, whenever it is wiped', async () => {
    for (let at = 0; at < 60_000; at += 1_700) {
      const world = begin({ migration: { concurrency: { total: 2, perNode: 1 } } });
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
    const world = begin({ migration: { concurrency: { total: 2, perNode: 1 } } });
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
    const world = begin();
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
    const world = begin({ migration: { concurrency: { total: 2, perNode: 1 } } });
    await world.run(5_000);
    world.proxmox.withoutLog.add(world.proxmox.tasks[1]?.upid ?? '');
    world.wipeStatus();
    await world.run(1_000);
    expect(inFlight(world).map(({ vmid }) => vmid)).to.deep.equal([100]);
  });

  it('is adopted bit by bit where a target cannot be read yet', async () => {
    const world = begin({ migration: { concurrency: { total: 2, perNode: 1 } } });
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
