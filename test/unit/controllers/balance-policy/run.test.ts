import { expect } from 'chai';
import {
  conditionOf,
  expectSoundRecord,
  history,
  inFlight,
  isBalanced,
  messageOf,
  outcomes,
} from '../../../support/policy-assertions.ts';
import { createPolicyWorld, type PolicyWorld } from '../../../support/policy-world.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

function begin(spec: object = {}): PolicyWorld {
  const world = createPolicyWorld();
  world.apply('lab', { spec: { interval: '1m', ...spec } });
  return world;
}

function writesOf(world: PolicyWorld): number {
  return world.api.calls.filter(({ call }) => call === 'applyStatus').length;
}

function countCalls(world: PolicyWorld, call: string): number {
  return world.proxmox.calls.filter((each) => each === call).length;
}

describe('a policy', () => {
  it('balances the cluster to the end and records every migration', async () => {
    const world = begin();
    expect(await world.run(HOUR_MS, () => isBalanced(world))).to.equal(true);
    expectSoundRecord(world);
    expect(outcomes(world)).to.deep.equal([
      '100 Succeeded',
      '200 Succeeded',
      '101 Succeeded',
      '201 Succeeded',
      '102 Succeeded',
      '202 Succeeded',
    ]);
    expect(world.policy().status).to.deep.include({
      inFlight: 0,
      migrations: [],
      observedGeneration: 1,
      totals: { succeeded: 6, failed: 0 },
    });
    expect(world.events.map(({ reason }) => reason)).to.deep.equal([
      ...['Planned', 'MigrationSucceeded', 'MigrationSucceeded'],
      ...['Planned', 'MigrationSucceeded', 'MigrationSucceeded'],
      ...['Planned', 'MigrationSucceeded', 'MigrationSucceeded'],
      'Balanced',
    ]);
  });

  for (const [name, spec, reason] of [
    ['DryRun', { mode: 'DryRun' }, 'DryRun'],
    ['suspend', { suspend: true }, 'Suspended'],
  ] as const) {
    it(`with ${name} plans and shows, and migrates nothing`, async () => {
      const world = begin(spec);
      await world.run(10 * MINUTE_MS);
      expect(world.proxmox.requests).to.deep.equal([]);
      expect(world.policy().status?.plan?.migrations.map(({ vmid }) => vmid)).to.deep.equal([100, 200]);
      expect(conditionOf(world, 'Ready')).to.equal(`True ${reason}`);
      expect(conditionOf(world, 'Balanced')).to.equal('False Imbalanced');
    });
  }

  it('keeps to its concurrency, and counts what others migrate', async () => {
    const world = begin({ migration: { concurrency: { total: 2, perNode: 1 } } });
    world.proxmox.startForeign(300, 'pve4', { milliseconds: 5 * MINUTE_MS });
    let most = 0;
    const { onStart } = world.proxmox;
    world.proxmox.onStart = (request) => {
      most = Math.max(most, 1 + world.proxmox.tasks.filter(world.proxmox.isRunning).length);
      onStart(request);
    };
    expect(await world.run(HOUR_MS, () => isBalanced(world))).to.equal(true);
    expect(most).to.equal(2);
    expectSoundRecord(world);
  });

  it('reads a cluster that others keep busy now and then, not with every poll', async () => {
    const world = begin({ migration: { concurrency: { total: 1, perNode: 1 } } });
    world.proxmox.startForeign(300, 'pve4', { milliseconds: 10 * MINUTE_MS });
    await world.run(9 * MINUTE_MS);
    expect(world.proxmox.requests).to.deep.equal([]);
    expect(countCalls(world, 'readInventory')).to.be.within(2, 9 * 6 + 2);
    await world.run(5 * MINUTE_MS);
    expect(world.proxmox.requests).to.have.lengthOf.above(0);
  });

  it('waits until the statistics show what it moved before it judges again', async () => {
    const world = begin({ interval: '10s' });
    const judged: number[] = [];
    let reads = 0;
    await world.run(10 * MINUTE_MS, () => {
      const now = countCalls(world, 'readInventory');
      if (now > reads) judged.push(world.proxmox.now());
      reads = now;
      return isBalanced(world);
    });
    const ends = world.proxmox.tasks.map(({ endTime }) => endTime);
    for (const time of judged) {
      for (const end of ends) expect(time >= end && time < end + 25_000, `judged at ${time}`).to.equal(false);
    }
  });

  it('begins nothing more once it is suspended, and follows what is under way to its end', async () => {
    const world = begin({ migration: { concurrency: { total: 1, perNode: 1 } } });
    await world.run(HOUR_MS, () => inFlight(world).length === 1);
    world.apply('lab', { spec: { suspend: true } });
    await world.run(10 * MINUTE_MS);
    expect(outcomes(world)).to.deep.equal(['100 Succeeded']);
    expectSoundRecord(world);
    expect(conditionOf(world, 'Ready')).to.equal('True Suspended');
    expect(world.events.map(({ reason }) => reason)).to.include('MigrationsDropped');
  });

  for (const [change, act] of [
    ['suspended', (world: PolicyWorld) => world.apply('lab', { spec: { suspend: true } })],
    ['changed', (world: PolicyWorld) => world.apply('lab', { spec: { exclusions: { vmids: [200] } } })],
    ['deleted', (world: PolicyWorld) => world.remove('lab')],
    ['wiped', (world: PolicyWorld) => world.wipeStatus('lab')],
  ] as const) {
    it(`begins nothing more of the plan once it is ${change} while a request is on its way`, async () => {
      const world = begin({ mode: 'Automatic', migration: { concurrency: { total: 2, perNode: 1 } } });
      const { onStart } = world.proxmox;
      let posts = 0;
      world.proxmox.onStart = (request) => {
        onStart(request);
        posts += 1;
        if (posts === 1) act(world);
      };
      // The cycle in which it happens.
      await world.run(0, () => posts > 0);
      expect(world.proxmox.requests.map(({ vmid }) => vmid)).to.deep.equal([100]);
      expect(world.violations).to.deep.equal([]);
    });
  }

  it('takes up a changed spec when what is under way has ended', async () => {
    const world = begin();
    await world.run(HOUR_MS, () => inFlight(world).length === 2);
    world.apply('lab', { spec: { interval: '1m', tolerance: '90%' } });
    await world.run(4_000);
    expect(conditionOf(world, 'Reconciling')).to.equal('True Progressing');
    await world.run(2 * MINUTE_MS);
    expect(world.policy().status?.observedGeneration).to.equal(2);
    expect(isBalanced(world)).to.equal(true);
    expect(outcomes(world)).to.deep.equal(['100 Succeeded', '200 Succeeded']);
    expectSoundRecord(world);
  });

  it('leaves what is under way alone when it is deleted', async () => {
    const world = begin({ migration: { concurrency: { total: 1, perNode: 1 } } });
    await world.run(HOUR_MS, () => inFlight(world).length === 1);
    world.remove();
    await world.run(10 * MINUTE_MS);
    expect(world.proxmox.requests).to.have.lengthOf(1);
    expect(world.violations).to.deep.equal([]);
  });

  it('that is being deleted follows what is under way and begins nothing', async () => {
    const world = begin({ migration: { concurrency: { total: 1, perNode: 1 } } });
    await world.run(HOUR_MS, () => inFlight(world).length === 1);
    world.markDeleted();
    await world.run(10 * MINUTE_MS);
    expect(outcomes(world)).to.deep.equal(['100 Succeeded']);
    expect(world.proxmox.requests).to.have.lengthOf(1);
    expect(inFlight(world)).to.deep.equal([]);
  });

  it('evaluates at once when a person asks, and says that it did', async () => {
    const world = begin({ mode: 'DryRun', interval: '1h' });
    await world.run(MINUTE_MS);
    expect(countCalls(world, 'readInventory')).to.equal(1);
    world.apply('lab', { annotations: { 'pve-cslb.io/requested-at': 'now' } });
    await world.run(MINUTE_MS);
    expect(countCalls(world, 'readInventory')).to.equal(2);
    expect(world.policy().status?.lastHandledReconcileAt).to.equal('now');
    world.enqueue();
    await world.run(MINUTE_MS);
    expect(countCalls(world, 'readInventory')).to.equal(2);
  });

  it('writes its status once an interval, and nothing in between, while there is nothing to do', async () => {
    const world = begin({ tolerance: '100%', interval: '5m' });
    await world.run(MINUTE_MS);
    const before = writesOf(world);
    for (let minute = 0; minute < 30; minute += 1) {
      world.enqueue();
      await world.run(MINUTE_MS);
    }
    expect(writesOf(world) - before).to.equal(6);
  });

  it('keeps as much history as it is told, and forgets the rest when it is told less', async () => {
    const world = begin({ historyLimit: 3 });
    await world.run(HOUR_MS, () => isBalanced(world));
    expect(history(world).map(({ vmid }) => vmid)).to.deep.equal([202, 102, 201]);
    expect(world.policy().status?.totals).to.deep.equal({ succeeded: 6, failed: 0 });
    world.apply('lab', { spec: { interval: '1m', historyLimit: 1 } });
    await world.run(2 * MINUTE_MS);
    expect(history(world).map(({ vmid }) => vmid)).to.deep.equal([202]);
  });

  it('keeps no history with a limit of 0, and still counts and settles', async () => {
    const world = begin({ historyLimit: 0 });
    await world.run(HOUR_MS, () => isBalanced(world));
    expect(history(world)).to.deep.equal([]);
    expect(world.policy().status?.totals).to.deep.equal({ succeeded: 6, failed: 0 });
    expect(world.violations).to.deep.equal([]);
  });

  it('records a failed task as failed, with what its log says, and goes on with the others', async () => {
    const world = begin();
    world.proxmox.course(100, {
      exitStatus: 'migration aborted',
      errorText: "can't migrate VM which uses local devices: hostpci0",
    });
    await world.run(MINUTE_MS - 1);
    expect(outcomes(world)).to.have.members(['100 Failed', '200 Succeeded']);
    expect(history(world).find(({ vmid }) => vmid === 100)?.message).to.contain('hostpci0');
    expect(world.policy().status?.totals).to.deep.equal({ succeeded: 1, failed: 1 });
    expectSoundRecord(world);
  });

  it('records what Proxmox refuses, and goes on with the others', async () => {
    const world = begin();
    world.proxmox.nextStart(100, { kind: 'Refused', message: 'storage local is not available' });
    await world.run(MINUTE_MS - 1);
    expect(outcomes(world)).to.have.members(['100 Refused', '200 Succeeded']);
    expectSoundRecord(world);
  });

  it('says that nothing could be begun when all of a plan turned out impossible', async () => {
    const world = begin({ interval: '5m' });
    for (const vmid of [100, 200]) {
      world.proxmox.nextStart(vmid, { kind: 'Refused', message: 'VM is locked (backup)' });
    }
    await world.run(MINUTE_MS);
    expect(outcomes(world)).to.deep.equal(['100 Refused', '200 Refused']);
    expect(conditionOf(world, 'Ready')).to.not.equal('True Migrating');
    expect(conditionOf(world, 'Balanced')).to.not.equal('False Migrating');
  });

  it('says when a migration takes too long, begins nothing new, and does not end it', async () => {
    const world = begin({ migration: { timeout: '1m', concurrency: { total: 1, perNode: 1 } } });
    world.proxmox.course(100, { milliseconds: 10 * MINUTE_MS });
    await world.run(2 * MINUTE_MS);
    expect(inFlight(world).map(({ state }) => state)).to.deep.equal(['Overdue']);
    expect(conditionOf(world, 'Ready')).to.equal('False MigrationsOverdue');
    expect(messageOf(world, 'Ready')).to.contain('100');
    expect(world.proxmox.requests).to.have.lengthOf(1);
    expect(world.events.filter(({ reason }) => reason === 'MigrationOverdue')).to.have.lengthOf(1);
    expect(await world.run(HOUR_MS, () => isBalanced(world))).to.equal(true);
    expectSoundRecord(world);
  });

  it('begins nothing beside a migration that is overdue, and goes on when it has ended', async () => {
    const world = createPolicyWorld();
    world.proxmox.course(100, { milliseconds: 30 * MINUTE_MS });
    // They keep the second source busy until the first migration is overdue.
    world.proxmox.startForeign(205, 'pve5', { milliseconds: 10 * MINUTE_MS });
    const migration = { timeout: '5m', concurrency: { total: 3, perNode: 1 } };
    world.apply('lab', { spec: { interval: '1m', migration } });
    await world.run(29 * MINUTE_MS);
    expect(world.proxmox.requests.map(({ vmid }) => vmid)).to.deep.equal([100]);
    expect(conditionOf(world, 'Ready')).to.equal('False MigrationsOverdue');
    await world.run(5 * MINUTE_MS);
    expect(world.proxmox.requests.map(({ vmid }) => vmid)).to.include(200);
    expectSoundRecord(world);
  });
});
