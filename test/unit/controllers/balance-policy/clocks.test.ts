import { expect } from 'chai';
import {
  conditionOf,
  expectSoundRecord,
  history,
  isBalanced,
  outcomes,
} from '../../../support/policy-assertions.ts';
import { createPolicyWorld, type PolicyWorld } from '../../../support/policy-world.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function begin(spec: object = {}): PolicyWorld {
  const world = createPolicyWorld();
  world.apply('lab', { spec: { interval: '1m', ...spec } });
  return world;
}

function evaluations(world: PolicyWorld): number {
  return world.proxmox.calls.filter((call) => call === 'readInventory').length;
}

describe("a policy whose operator's clock is set back", () => {
  it('is evaluated as often as before', async () => {
    const world = begin({ mode: 'DryRun' });
    await world.run(5 * MINUTE);
    world.leapWall(-10 * HOUR);
    const before = evaluations(world);
    await world.run(HOUR);

    expect(evaluations(world) - before).to.be.within(55, 65);
  });

  it('migrates when the imbalance has lasted for its window, be that none', async () => {
    for (const [window, minutes] of [
      ['0s', 2],
      ['15m', 18],
    ] as const) {
      const world = begin({ suspend: true });
      await world.run(5 * MINUTE);
      world.leapWall(-10 * HOUR);
      world.apply('lab', { spec: { interval: '1m', stabilization: { window } } });
      await world.run(minutes * MINUTE);

      expect(world.proxmox.requests, window).to.not.deep.equal([]);
    }
  });

  it('still waits until the imbalance has lasted for its window', async () => {
    const world = begin({ stabilization: { window: '15m' } });
    await world.run(10 * MINUTE);
    world.leapWall(-10 * HOUR);
    await world.run(12 * MINUTE);

    expect(world.proxmox.requests).to.deep.equal([]);
  });

  it('lets guests rest no longer than a rest takes', async () => {
    const world = begin({ stabilization: { guestCooldown: '2h' } });
    await world.run(HOUR, () => isBalanced(world));
    const rested = new Set(world.proxmox.requests.map(({ vmid }) => vmid));
    for (const { vmid, node } of world.proxmox.requests)
      Object.assign(world.proxmox.guests.get(vmid) ?? {}, { node });
    for (const [vmid, guest] of world.proxmox.guests) {
      if (vmid < 300 && !rested.has(vmid)) guest.lock = 'backup';
    }
    const requests = world.proxmox.requests.length;
    world.leapWall(-10 * DAY);
    await world.run(90 * MINUTE);
    expect(world.proxmox.requests).to.have.lengthOf(requests);
    expect(conditionOf(world, 'Ready')).to.equal('True CoolingDown');
    await world.run(HOUR);

    expect(world.proxmox.requests.length).to.be.greaterThan(requests);
    expectSoundRecord(world);
  });
});

describe("a policy whose cluster's clock is set back", () => {
  it('pauses no longer for migrations that failed in what is now the future', async () => {
    const world = begin({ stabilization: { guestCooldown: '0s' } });
    for (const vmid of world.proxmox.guests.keys())
      world.proxmox.course(vmid, { exitStatus: 'migration aborted' });
    await world.run(HOUR, () => conditionOf(world, 'Ready') === 'False MigrationsFailing');
    for (const vmid of world.proxmox.guests.keys()) world.proxmox.course(vmid, {});
    world.proxmox.aheadMs -= 10 * DAY;

    expect(await world.run(5 * HOUR, () => isBalanced(world))).to.equal(true);
  });

  it('still pauses for those that fail now', async () => {
    const world = begin({ stabilization: { guestCooldown: '0s' } });
    for (const vmid of world.proxmox.guests.keys())
      world.proxmox.course(vmid, { exitStatus: 'migration aborted' });
    await world.run(HOUR, () => conditionOf(world, 'Ready') === 'False MigrationsFailing');
    world.proxmox.aheadMs -= 10 * DAY;
    const before = history(world).length;
    await world.run(20 * MINUTE, () => history(world).length > before);
    await world.run(MINUTE);

    expect(history(world).length).to.be.greaterThan(before);
    expect(conditionOf(world, 'Ready')).to.equal('False MigrationsFailing');
  });

  it('waits for the statistics after what ends now, whatever ended in the future', async () => {
    const world = begin({ mode: 'DryRun' });
    await world.run(MINUTE);
    const ended = (hours: number) => ({
      id: `ended-${hours}`,
      vmid: 101,
      type: 'qemu',
      name: 'vm-101',
      source: 'pve1',
      target: 'pve3',
      outcome: 'Succeeded',
      endTime: new Date(Math.floor(world.proxmox.now() / 1000) * 1000 + hours * HOUR)
        .toISOString()
        .replace('.000Z', 'Z'),
    });
    world.editStatus('lab', (status) => ({ ...status, history: [ended(0), ended(5)] }));
    world.apply('lab', { annotations: { 'pve-cslb.io/requested-at': 'now' } });
    const before = evaluations(world);
    await world.run(20_000);

    expect(evaluations(world)).to.equal(before);
    await world.run(10_000);
    expect(evaluations(world)).to.equal(before + 1);
  });
});

describe('a container whose migration failed, on a cluster with any clock', () => {
  for (const hours of [-30, -2, 2, 30]) {
    it(`is watched when that is ${hours} h ahead`, async () => {
      const world = createPolicyWorld();
      world.proxmox.aheadMs = hours * HOUR;
      for (const vmid of [...world.proxmox.guests.keys()]) if (vmid < 107) world.proxmox.removeGuest(vmid);
      for (let vmid = 400; vmid < 408; vmid += 1) world.proxmox.addGuest(vmid, 'pve1', { type: 'lxc' });
      world.proxmox.course(400, { exitStatus: 'migration aborted', errorText: 'container did not stop' });
      world.apply('lab', { spec: { interval: '1h', migration: { containers: 'Restart' } } });
      await world.run(10 * MINUTE, () => outcomes(world).includes('400 Failed'));
      await world.run(MINUTE);
      Object.assign(world.proxmox.guests.get(400) ?? {}, { status: 'stopped' });
      await world.run(2 * MINUTE);

      expect(world.events.filter(({ reason }) => reason === 'ContainerStopped')).to.have.lengthOf(1);
    });
  }
});
