import { expect } from 'chai';
import {
  conditionOf,
  expectSoundRecord,
  isBalanced,
  messageOf,
  outcomes,
} from '../../../support/policy-assertions.ts';
import { createPolicyWorld, type PolicyWorld } from '../../../support/policy-world.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function every(world: PolicyWorld, course: { milliseconds?: number; exitStatus?: string }): void {
  for (const vmid of world.proxmox.guests.keys()) world.proxmox.course(vmid, course);
}

function change(world: PolicyWorld, vmid: number, traits: { node?: string; lock?: string }): void {
  Object.assign(world.proxmox.guests.get(vmid) ?? {}, traits);
}

function begin(spec: object): PolicyWorld {
  const world = createPolicyWorld();
  world.apply('lab', { spec: { interval: '1m', ...spec } });
  return world;
}

describe('a calm policy', () => {
  it('migrates only once the imbalance has lasted for its window', async () => {
    const world = begin({ stabilization: { window: '15m' } });
    await world.run(14 * MINUTE);
    expect(world.proxmox.requests).to.deep.equal([]);
    expect(conditionOf(world, 'Ready')).to.equal('True Stabilizing');
    expect(conditionOf(world, 'Balanced')).to.equal('False Imbalanced');

    expect(await world.run(HOUR, () => isBalanced(world))).to.equal(true);
  });

  it('begins its window anew when the cluster was balanced meanwhile', async () => {
    const world = begin({ stabilization: { window: '15m' } });
    await world.run(10 * MINUTE);
    world.apply('lab', { spec: { interval: '1m', stabilization: { window: '15m' }, tolerance: '100%' } });
    await world.run(5 * MINUTE);
    expect(isBalanced(world)).to.equal(true);
    world.apply('lab', { spec: { interval: '1m', stabilization: { window: '15m' } } });
    await world.run(12 * MINUTE);

    expect(world.proxmox.requests).to.deep.equal([]);
  });

  it('keeps its window through a restart', async () => {
    const world = begin({ stabilization: { window: '15m' } });
    await world.run(10 * MINUTE);
    world.restart();
    await world.run(8 * MINUTE);

    expect(world.proxmox.requests).to.not.deep.equal([]);
  });

  it('begins its window anew with an evaluation that fails', async () => {
    const world = begin({ stabilization: { window: '15m' } });
    await world.run(10 * MINUTE);
    world.proxmox.fail('readInventory', 'Unreachable');
    await world.run(13 * MINUTE);

    expect(world.proxmox.requests).to.deep.equal([]);
    await world.run(5 * MINUTE);
    expect(world.proxmox.requests).to.not.deep.equal([]);
  });

  it('begins its window anew when it is deleted and created anew at once', async () => {
    const world = begin({ stabilization: { window: '15m' } });
    await world.run(10 * MINUTE);
    world.remove('lab');
    world.apply('lab', { spec: { interval: '1m', stabilization: { window: '15m' } } });
    await world.run(13 * MINUTE);

    expect(world.proxmox.requests).to.deep.equal([]);
  });

  it('begins its window anew when it cannot do its job meanwhile', async () => {
    const world = begin({ stabilization: { window: '15m' } });
    await world.run(10 * MINUTE);
    const { uid, generation } = world.readyCluster();
    world.setCluster({ kind: 'NotReady', uid, generation, reason: 'Unreachable', message: 'It is away.' });
    await world.run(10 * MINUTE);
    world.setCluster('Ready');
    await world.run(13 * MINUTE);
    expect(world.proxmox.requests).to.deep.equal([]);
    await world.run(5 * MINUTE);

    expect(world.proxmox.requests).to.not.deep.equal([]);
  });

  for (const [from, name] of [
    [0, 'from the first'],
    [10, 'in the middle'],
  ] as const) {
    it(`keeps its window while a node cannot be read, ${name}, if the others are out of tolerance`, async () => {
      const world = begin({ stabilization: { window: '15m' } });
      await world.run(from * MINUTE);
      world.proxmox.unknownNodes.add('pve6');
      await world.run((14 - from) * MINUTE);
      expect(conditionOf(world, 'Balanced')).to.equal('Unknown DataIncomplete');
      expect(world.proxmox.requests).to.deep.equal([]);
      await world.run(3 * MINUTE);
      expect(world.proxmox.requests).to.not.deep.equal([]);
    });
  }

  it('does not wait for its window again between two runs', async () => {
    const world = begin({ stabilization: { window: '15m', guestCooldown: '0s' } });
    await world.run(30 * MINUTE);

    // A run takes one guest from each of the two heavy nodes.
    expect(world.proxmox.requests).to.have.lengthOf.above(2);
  });

  it('leaves a guest alone that it has migrated, also after a restart', async () => {
    const world = begin({ stabilization: { guestCooldown: '2h' } });
    await world.run(HOUR, () => isBalanced(world));
    const [moved] = world.proxmox.requests;
    if (!moved) throw new Error('nothing was migrated');
    expect(world.policy().status?.cooldowns?.map(({ vmid }) => vmid)).to.include(moved.vmid);

    // Everything is back where it was, and only those that rest could be moved.
    const rested = new Set(world.proxmox.requests.map(({ vmid }) => vmid));
    for (const { vmid, node } of world.proxmox.requests) change(world, vmid, { node });
    for (const vmid of world.proxmox.guests.keys()) {
      if (vmid < 300 && !rested.has(vmid)) change(world, vmid, { lock: 'backup' });
    }
    const requests = world.proxmox.requests.length;
    world.restart();
    await world.run(30 * MINUTE);
    expect(world.proxmox.requests).to.have.lengthOf(requests);
    expect(conditionOf(world, 'Ready')).to.equal('True CoolingDown');
    expect(conditionOf(world, 'Balanced')).to.equal('False CoolingDown');

    await world.run(3 * HOUR);
    expect(world.proxmox.requests.length).to.be.greaterThan(requests);
    expectSoundRecord(world);
  });

  it('leaves a guest alone that another policy on the cluster has migrated', async () => {
    const world = begin({ maxMigrations: 1, stabilization: { guestCooldown: '24h' } });
    await world.run(HOUR, () => world.proxmox.requests.length > 0);
    await world.run(MINUTE, () => (world.policy().status?.migrations ?? []).length === 0);
    const [moved] = world.proxmox.requests;
    if (!moved) throw new Error('nothing was migrated');
    world.apply('lab', { spec: { interval: '1m', suspend: true } });
    change(world, moved.vmid, { node: moved.node });
    world.apply('other', { spec: { interval: '1m', stabilization: { guestCooldown: '0s' } } });
    await world.run(HOUR);

    expect(world.proxmox.requests.length).to.be.greaterThan(1);
    expect(world.proxmox.requests.filter(({ vmid }) => vmid === moved.vmid)).to.have.lengthOf(1);
  });

  it('tells of a plan that is not carried out once, not at every evaluation', async () => {
    const world = begin({ mode: 'DryRun' });
    await world.run(30 * MINUTE);

    expect(world.events.filter(({ reason }) => reason === 'Planned')).to.have.lengthOf(1);
  });

  it('leaves a guest alone for longer the more often it failed', async () => {
    const world = begin({ stabilization: { guestCooldown: '0s' } });
    world.proxmox.course(100, { exitStatus: 'migration aborted' });
    await world.run(5 * MINUTE, () => outcomes(world).includes('100 Failed'));

    expect(world.policy().status?.cooldowns?.find(({ vmid }) => vmid === 100)?.failures).to.equal(1);
    await world.run(9 * MINUTE);
    expect(outcomes(world).filter((outcome) => outcome === '100 Failed')).to.have.lengthOf(1);
  });

  it('pauses for a growing time when its migrations fail in a row, and goes on by itself', async () => {
    const world = begin({ stabilization: { guestCooldown: '0s' } });
    every(world, { exitStatus: 'migration aborted' });
    await world.run(HOUR, () => conditionOf(world, 'Ready') === 'False MigrationsFailing');
    const requests = world.proxmox.requests.length;
    expect(requests).to.be.at.least(3);
    expect(messageOf(world, 'Ready')).to.match(/^The last \d+ migrations failed/);

    await world.run(8 * MINUTE);
    expect(world.proxmox.requests).to.have.lengthOf(requests);
    every(world, {});
    expect(await world.run(5 * HOUR, () => isBalanced(world))).to.equal(true);
  });

  it('drops its run when there is no room left to remember guests, and does not look again and again', async () => {
    const world = begin({ interval: '1h', migration: { concurrency: { total: 1, perNode: 1 } } });
    await world.run(MINUTE, () => world.proxmox.requests.length === 1);
    world.editStatus('lab', (status) => ({
      ...status,
      cooldowns: Array.from({ length: 999 }, (_, index) => ({
        vmid: 10_000 + index,
        type: 'qemu',
        until: '2027-01-01T00:00:00Z',
        failures: 0,
      })),
    }));
    const looks = () => world.proxmox.calls.filter((call) => call === 'readInventory').length;
    await world.run(5 * MINUTE, () => (world.policy().status?.history ?? []).length === 1);
    const before = looks();
    await world.run(30 * MINUTE);

    expect(world.proxmox.requests).to.have.lengthOf(1);
    expect(looks() - before).to.be.at.most(1);
    expect(world.events.filter(({ message }) => /status\.cooldowns is full/.test(message))).to.have.lengthOf(
      1,
    );
  });

  it('migrates nothing when there is no room to remember one more guest', async () => {
    const world = begin({ suspend: true });
    await world.run(2 * MINUTE);
    world.editStatus('lab', (status) => ({
      ...status,
      cooldowns: Array.from({ length: 1000 }, (_, index) => ({
        vmid: 10_000 + index,
        type: 'qemu',
        until: '2027-01-01T00:00:00Z',
        failures: 0,
      })),
    }));
    world.apply('lab', { spec: { interval: '1m' } });
    await world.run(5 * MINUTE);

    expect(world.proxmox.requests).to.deep.equal([]);
    expect(conditionOf(world, 'Ready')).to.equal('False CooldownsFull');
  });
});

describe('a policy with windows', () => {
  // The virtual clock begins at midnight UTC.
  const spec = { windows: [{ schedule: '0 3 * * *', duration: '2h', timeZone: 'UTC' }] };

  it('plans outside them and migrates inside, from the moment one opens', async () => {
    const world = begin({ ...spec, interval: '2h' });
    await world.run(3 * HOUR - MINUTE);
    expect(world.proxmox.requests).to.deep.equal([]);
    expect(conditionOf(world, 'Ready')).to.equal('True OutsideWindow');
    expect(messageOf(world, 'Ready')).to.include('opens at 2026-01-01T03:00:00Z');
    expect(world.policy().status?.plan?.migrations).to.have.lengthOf(2);

    await world.run(5 * MINUTE);
    expect(world.proxmox.requests).to.not.deep.equal([]);
  });

  it('drops what it has not begun when its window closes, and settles the rest', async () => {
    const world = begin({
      windows: [{ schedule: '0 3 * * *', duration: '2m', timeZone: 'UTC' }],
      interval: '2h',
      migration: { concurrency: { total: 1, perNode: 1 } },
    });
    every(world, { milliseconds: 5 * MINUTE });
    await world.run(4 * HOUR);

    expect(world.proxmox.requests).to.have.lengthOf(1);
    expect(outcomes(world)).to.have.lengthOf(1);
    expect(world.events.map(({ reason }) => reason)).to.include('MigrationsDropped');
    expectSoundRecord(world);
  });

  it('begins nothing after it closed, however long it takes to look at a guest', async () => {
    const world = begin({
      windows: [{ schedule: '0 3 * * *', duration: '2m', timeZone: 'UTC' }],
      interval: '2h',
    });
    await world.run(3 * HOUR - MINUTE);
    world.proxmox.takes.set('listMigrateTasks', 3 * MINUTE);
    await world.run(20 * MINUTE);

    expect(world.proxmox.requests).to.deep.equal([]);
    expect(world.events.map(({ reason }) => reason)).to.include('MigrationsDropped');
  });

  it('that can never open says what to do, and migrates nothing', async () => {
    const world = begin({ windows: [{ schedule: '0 0 31 2 *', duration: '1h', timeZone: 'UTC' }] });
    await world.run(10 * MINUTE);

    expect(world.proxmox.requests).to.deep.equal([]);
    expect(conditionOf(world, 'Ready')).to.equal('False InvalidSpec');
    expect(conditionOf(world, 'Stalled')).to.equal('True InvalidSpec');
    expect(messageOf(world, 'Ready')).to.include('`spec.windows[0]`');
  });

  it('leaves the cluster to another policy while it may not act', async () => {
    const world = begin(spec);
    await world.run(2 * MINUTE);
    world.apply('later', { spec: { interval: '1m' }, creationTimestamp: '2026-01-01T00:01:00Z' });

    expect(await world.run(HOUR, () => isBalanced(world, 'later'))).to.equal(true);
  });
});
