import { expect } from 'chai';
import { expectSoundRecord } from '../../../support/policy-assertions.ts';
import { createPolicyWorld, type PolicyWorld } from '../../../support/policy-world.ts';

const MINUTE = 60_000;

/** A policy that has just failed to migrate container 400. */
async function failed(spec: object = {}): Promise<PolicyWorld> {
  const world = createPolicyWorld();
  for (const vmid of [...world.proxmox.guests.keys()]) {
    if (vmid < 107) world.proxmox.removeGuest(vmid);
  }
  for (let vmid = 400; vmid < 408; vmid += 1) world.proxmox.addGuest(vmid, 'pve1', { type: 'lxc' });
  world.proxmox.course(400, { exitStatus: 'migration aborted', errorText: 'container did not stop' });
  world.apply('lab', { spec: { interval: '1h', migration: { containers: 'Restart' }, ...spec } });
  const ended = () => world.events.some(({ reason }) => reason === 'MigrationFailed');
  expect(await world.run(10 * MINUTE, ended)).to.equal(true);
  return world;
}

function stop(world: PolicyWorld): void {
  Object.assign(world.proxmox.guests.get(400) ?? {}, { status: 'stopped' });
}

function warnings(world: PolicyWorld): readonly string[] {
  return world.events.filter(({ reason }) => reason === 'ContainerStopped').map(({ message }) => message);
}

describe('a container whose migration failed', () => {
  it('is watched, and told of once when it stops after all', async () => {
    const world = await failed();
    await world.run(4 * MINUTE);
    expect(warnings(world)).to.deep.equal([]);
    stop(world);
    await world.run(5 * MINUTE);

    expect(warnings(world)).to.have.lengthOf(1);
    expect(warnings(world)[0]).to.include('`pct start 400`');
    expectSoundRecord(world);
  });

  it('is no matter of ours while HA is to start it again', async () => {
    const world = await failed();
    stop(world);
    Object.assign(world.proxmox.guests.get(400) ?? {}, { haManaged: true });
    await world.run(5 * MINUTE);
    expect(warnings(world)).to.deep.equal([]);
  });

  it('is watched also where it was to move along with another guest', async () => {
    const world = await failed();
    world.proxmox.addGuest(500, 'pve1', {
      type: 'lxc',
      status: 'stopped',
      haManaged: true,
      haState: 'error',
    });
    world.editStatus('lab', (status) => ({
      ...status,
      history: (status.history ?? []).map((entry) => ({
        ...entry,
        companions: [{ vmid: 500, type: 'lxc', name: 'vm-500' }],
      })),
    }));
    await world.run(2 * MINUTE);
    expect(warnings(world)).to.have.lengthOf(1);
    expect(warnings(world)[0]).to.include('`pct start 500`');
  });

  it('is watched also where the history keeps nothing of it', async () => {
    const world = await failed({ historyLimit: 0 });
    expect(world.policy().status?.history).to.deep.equal([]);
    stop(world);
    await world.run(5 * MINUTE);
    expect(warnings(world)).to.have.lengthOf(1);
    const reads = world.proxmox.calls.filter((call) => call === 'readGuest').length;
    await world.run(5 * MINUTE);
    expect(world.proxmox.calls.filter((call) => call === 'readGuest')).to.have.lengthOf(reads);
  });

  it('is watched by the next process as well', async () => {
    const world = await failed();
    world.restart();
    stop(world);
    await world.run(2 * MINUTE);

    expect(warnings(world)).to.have.lengthOf(1);
  });

  it('is not watched for longer than ten minutes, nor when it runs on', async () => {
    const world = await failed();
    await world.run(12 * MINUTE);
    const reads = world.proxmox.calls.filter((call) => call === 'readGuest').length;
    stop(world);
    await world.run(10 * MINUTE);

    expect(world.proxmox.calls.filter((call) => call === 'readGuest')).to.have.lengthOf(reads);
    expect(warnings(world)).to.deep.equal([]);
  });
});
