import { expect } from 'chai';
import {
  expectSoundRecord,
  history,
  inFlight,
  isBalanced,
  outcomes,
} from '../../../support/policy-assertions.ts';
import { createSerialPolicyWorld } from '../../../support/serial-policy-world.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

describe('a followed task', () => {
  it('that was pruned is judged by where the guest is', async () => {
    const world = createSerialPolicyWorld();
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
    const world = createSerialPolicyWorld({
      migration: { timeout: '5m', concurrency: { total: 1, perNode: 1 } },
    });
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
      const world = createSerialPolicyWorld();
      world.proxmox.course(100, { exitStatus, moves });
      await world.run(40_000);
      expect(outcomes(world)[0]).to.equal(`100 ${outcome}`);
    });
  }
});

describe('a task that failed because its target died', () => {
  for (const exitStatus of ['migration problems', 'unexpected status']) {
    it(`ends its migration while the target does not answer: ${exitStatus}`, async () => {
      const world = createSerialPolicyWorld();
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
