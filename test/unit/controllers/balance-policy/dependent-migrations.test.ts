import { expect } from 'chai';
import { movesOf } from '../../../../src/controllers/balance-policy/approval.ts';
import { planId } from '../../../../src/controllers/balance-policy/plan-id.ts';
import { gib } from '../../../support/cluster-model.ts';
import type { FakeGuest } from '../../../support/fake-guest.ts';
import { conditionOf, expectSoundRecord, messageOf, outcomes } from '../../../support/policy-assertions.ts';
import { createPolicyWorld, type PolicyWorld } from '../../../support/policy-world.ts';

const MINUTE = 60_000;
const APPROVE = 'pve-cslb.io/approve';
const WIDE = { concurrency: { total: 9, perNode: 9 } };
// Of a node of 100 GiB that has 5 itself: a second one has no room beside it.
const BIG = { memoryBytes: gib(60) };

/** A policy whose approved plan is this one, whatever its strategy would do: `401 pve1 pve4`. */
async function begin(
  moves: readonly string[],
  guests: Readonly<Record<number, Partial<FakeGuest> & { readonly node: string }>>,
  spec: object = {},
): Promise<PolicyWorld> {
  const world = createPolicyWorld();
  for (const [vmid, { node, ...traits }] of Object.entries(guests)) {
    world.proxmox.addGuest(Number(vmid), node, traits);
  }
  world.apply('lab', { spec: { mode: 'Approve', interval: '1m', migration: WIDE, ...spec } });
  await world.run(MINUTE);
  const { uid, generation = 0 } = world.policy().metadata;
  world.editStatus('lab', ({ plan: made, ...status }) => {
    if (!made) throw new Error('there is no plan');
    const migrations = moves.map((move) => {
      const [vmid = '', source = '', target = ''] = move.split(' ');
      const { type = 'qemu', status: state } = guests[Number(vmid)] ?? {};
      const memory = state === 'stopped' ? '0' : '1Gi';
      return { vmid: Number(vmid), type, name: `vm-${vmid}`, source, target, memory, reason: 'it is so' };
    });
    const plan = { ...made, migrationCount: moves.length, migrations };
    return { ...status, plan: { ...plan, id: planId(uid, generation, plan.time, movesOf(plan)) } };
  });
  world.apply('lab', { annotations: { [APPROVE]: world.policy().status?.plan?.id ?? '' } });
  return world;
}

function tasksOf(world: PolicyWorld): readonly string[] {
  return world.proxmox.tasks.map(({ vmid, source, target }) => `${vmid} ${source} ${target}`);
}

/** Whether any two tasks ran at the same time. */
function overlaps(world: PolicyWorld): boolean {
  const { tasks } = world.proxmox;
  return tasks.some((task, index) =>
    tasks.slice(index + 1).some(({ startTime }) => startTime < task.endTime),
  );
}

function dropped(world: PolicyWorld): readonly string[] {
  return world.events.filter(({ reason }) => reason === 'MigrationsDropped').map(({ message }) => message);
}

describe('migrations that build on each other', () => {
  const SWAP = ['401 pve1 pve4', '402 pve3 pve1', '401 pve4 pve3'];
  const PAIR = { 401: { node: 'pve1', ...BIG }, 402: { node: 'pve3', ...BIG } };

  it('wait for each other, so that two guests change places by way of a third node', async () => {
    const world = await begin(SWAP, PAIR);
    await world.run(10 * MINUTE, () => outcomes(world).length === 3);
    expect(tasksOf(world)).to.deep.equal(SWAP);
    expect(overlaps(world)).to.equal(false);
    expect(outcomes(world)).to.deep.equal(['401 Succeeded', '402 Succeeded', '401 Succeeded']);
    expect(dropped(world)).to.deep.equal([]);
    expectSoundRecord(world);
  });

  it('say meanwhile what they wait for', async () => {
    const world = await begin(SWAP, PAIR);
    await world.run(
      MINUTE,
      () => conditionOf(world, 'Ready') === 'True Migrating' && tasksOf(world).length === 1,
    );
    await world.run(5_000);
    expect(messageOf(world, 'Ready')).to.equal(
      "1 migration under way, 2 to come. qemu/402 'vm-402' waits: pve1 has no room for its memory.",
    );
  });

  it('are dropped with the one that failed, and the policy plans anew', async () => {
    const world = await begin(SWAP, PAIR);
    world.proxmox.course(401, { exitStatus: 'migration aborted' });
    await world.run(10 * MINUTE, () => dropped(world).length === 2);
    expect(tasksOf(world)).to.deep.equal(['401 pve1 pve4']);
    expect(dropped(world)[0]).to.match(/401.*its migration to pve4 did not succeed/);
    expect(dropped(world)[1]).to.match(/402.*pve1 has no room/);
    expect(
      await world.run(5 * MINUTE, () => conditionOf(world, 'Ready') === 'True AwaitingApproval'),
    ).to.equal(true);
    expectSoundRecord(world);
  });

  it('are dropped at once when nothing could help them', async () => {
    const world = await begin(['402 pve3 pve1', '100 pve1 pve4'], PAIR);
    await world.run(MINUTE, () => tasksOf(world).length > 0);
    expect(dropped(world)).to.have.lengthOf(1);
    expect(dropped(world)[0]).to.match(/402.*pve1 has no room/);
    expect(tasksOf(world)).to.deep.equal(['100 pve1 pve4']);
  });

  it('do not overtake each other to one target, though there would be room', async () => {
    const world = await begin(['401 pve1 pve4', '402 pve3 pve4'], PAIR, {
      migration: { concurrency: { total: 9, perNode: 1 } },
    });
    // It keeps pve1 busy, so that 401 has to wait, and 402 with it.
    world.proxmox.startForeign(100, 'pve6', { milliseconds: 2 * MINUTE });
    await world.run(6 * MINUTE, () => tasksOf(world).length === 2);
    expect(tasksOf(world)).to.deep.equal(['100 pve1 pve6', '401 pve1 pve4']);
    await world.run(5 * MINUTE, () => dropped(world).length > 0);
    expect(dropped(world)[0]).to.match(/402.*pve4 has no room/);
  });
});

describe('guests that a rule keeps apart', () => {
  const guests = { 401: { node: 'pve1' }, 402: { node: 'pve2' }, 403: { node: 'pve3' } };
  const moves = ['401 pve1 pve4', '402 pve2 pve5', '403 pve3 pve6'];
  const rule = (vmids: readonly number[]) => ({
    placement: { rules: [{ name: 'apart', type: 'AntiAffinity', guests: { vmids } }] },
  });

  it('are migrated one after the other', async () => {
    const world = await begin(moves, guests, rule([401, 402, 403]));
    await world.run(10 * MINUTE, () => outcomes(world).length === 3);
    expect(tasksOf(world)).to.deep.equal(moves);
    expect(overlaps(world)).to.equal(false);
  });

  it('are migrated beside others', async () => {
    const world = await begin(moves, guests, rule([401, 403]));
    await world.run(10 * MINUTE, () => outcomes(world).length === 3);
    expect(tasksOf(world)).to.deep.equal(moves);
    const [first, second, third] = world.proxmox.tasks;
    if (!first || !second || !third) throw new Error('a task is missing');
    expect(second.startTime).to.be.below(first.endTime);
    expect(third.startTime).to.be.at.least(first.endTime);
  });
});

describe('a stopped guest of a drained node', () => {
  const drain = { placement: { drainNodes: ['pve1'] } };
  const stopped = { node: 'pve1', type: 'lxc', status: 'stopped' } as const;

  it('is moved as it is, containers included that may not be restarted', async () => {
    const vm = { ...stopped, type: 'qemu' } as const;
    const world = await begin(['401 pve1 pve3', '402 pve1 pve4'], { 401: stopped, 402: vm }, drain);
    await world.run(10 * MINUTE, () => outcomes(world).length === 2);
    expect(outcomes(world)).to.have.members(['401 Succeeded', '402 Succeeded']);
    for (const request of world.proxmox.requests) expect(request.stopped).to.equal(true);
    expect(world.policy().status?.history?.map(({ memory }) => memory)).to.deep.equal(['0', '0']);
    expectSoundRecord(world);
  });

  it('is not taken for one that its migration has shut down, when that fails', async () => {
    const world = await begin(['401 pve1 pve3'], { 401: stopped }, drain);
    world.proxmox.course(401, { exitStatus: 'migration aborted' });
    await world.run(10 * MINUTE);
    expect(outcomes(world)).to.deep.equal(['401 Failed']);
    expect(world.events.map(({ reason }) => reason)).to.not.include('ContainerStopped');
  });

  it('is left alone when it was started a moment ago', async () => {
    const world = await begin(['402 pve1 pve3'], { 402: { ...stopped, type: 'qemu' } }, drain);
    world.proxmox.onCall = (call) => {
      // After the cluster was read, and before the guest is.
      if (call === 'readGuest') Object.assign(world.proxmox.guests.get(402) ?? {}, { status: 'running' });
    };
    await world.run(MINUTE, () => dropped(world).length > 0);
    expect(dropped(world)[0]).to.match(/the guest is running/);
    expect(world.proxmox.requests).to.deep.equal([]);
  });

  it('stays on a node that is not drained', async () => {
    const world = await begin(['401 pve1 pve3'], { 401: stopped }, { placement: { drainNodes: ['pve2'] } });
    await world.run(5 * MINUTE);
    expect(world.proxmox.requests).to.deep.equal([]);
  });
});
