import { expect } from 'chai';
import { kstatus } from '../../../support/kstatus.ts';
import {
  conditionOf,
  expectSoundRecord,
  inFlight,
  isBalanced,
  messageOf,
  outcomes,
} from '../../../support/policy-assertions.ts';
import type { PolicyWorld } from '../../../support/policy-world.ts';
import { createSerialPolicyWorld } from '../../../support/serial-policy-world.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

function notReady(world: PolicyWorld): void {
  const { uid, generation = 1 } = world.api.read('PveCluster', 'lab/lab')?.metadata ?? { uid: '' };
  world.setCluster({
    kind: 'NotReady',
    uid,
    generation,
    reason: 'Unreachable',
    message: 'No endpoint answers.',
  });
}

describe('a policy that cannot do its job', () => {
  it('names a PveCluster that does not exist, and recovers when it is created', async () => {
    const world = createSerialPolicyWorld();
    world.removeCluster();
    await world.run(10 * MINUTE_MS);
    expect(conditionOf(world, 'Ready')).to.equal('False ClusterNotFound');
    expect(conditionOf(world, 'Stalled')).to.equal('True ClusterNotFound');
    expect(kstatus(world.policy())).to.equal('Failed');
    expect(world.events.map(({ reason }) => reason)).to.deep.equal(['ClusterNotFound']);
    world.putCluster();
    world.setCluster('Ready');
    expect(await world.run(HOUR_MS, () => isBalanced(world))).to.equal(true);
    expect(conditionOf(world, 'Stalled')).to.equal(undefined);
    expectSoundRecord(world);
  });

  it('waits for a PveCluster that is not ready, also with migrations under way', async () => {
    const world = createSerialPolicyWorld();
    await world.run(5_000);
    notReady(world);
    await world.run(10 * MINUTE_MS);
    expect(conditionOf(world, 'Ready')).to.equal('False ClusterNotReady');
    expect(messageOf(world, 'Ready')).to.contain('Unreachable').and.to.contain('No endpoint answers.');
    expect(inFlight(world)).to.have.lengthOf(1);
    expect(kstatus(world.policy())).to.equal('InProgress');
    world.setCluster('Ready');
    expect(await world.run(HOUR_MS, () => isBalanced(world))).to.equal(true);
    expectSoundRecord(world);
  });

  it('is not forgotten when the cache shows the PveCluster later than the probe does', async () => {
    const world = createSerialPolicyWorld();
    const { uid } = world.api.read('PveCluster', 'lab/lab')?.metadata ?? { uid: '' };
    await world.run(5_000);
    // The probe read generation 2 from the API server; the cache still has 1, and nothing tells when it has caught up.
    world.setCluster({ ...world.readyCluster(), uid, generation: 2 });
    await world.run(5_000);
    world.putCluster('lab', { generation: 2 });
    expect(await world.run(HOUR_MS, () => isBalanced(world))).to.equal(true);
    expectSoundRecord(world);
  });

  for (const [what, change] of [
    ['was changed', (world: PolicyWorld) => world.putCluster('lab', { generation: 2 })],
    [
      'was created anew',
      (world: PolicyWorld) => {
        world.api.remove('PveCluster', 'lab/lab');
        world.putCluster();
      },
    ],
  ] as const) {
    it(`does not act on the last probe of a PveCluster that ${what}, but on the next`, async () => {
      const world = createSerialPolicyWorld();
      change(world);
      await world.run(5 * MINUTE_MS);
      expect(world.proxmox.calls).to.deep.equal([]);
      world.setCluster('Ready');
      expect(await world.run(HOUR_MS, () => isBalanced(world))).to.equal(true);
    });
  }

  it('does not take a PveCluster that is being deleted for a usable one', async () => {
    const world = createSerialPolicyWorld();
    await world.run(5_000);
    world.putCluster('lab', { deletionTimestamp: '2026-01-01T00:00:05Z' });
    world.setCluster(undefined);
    await world.run(MINUTE_MS);
    expect(conditionOf(world, 'Ready')).to.equal('False ClusterNotReady');
  });

  it('stalls when its PveCluster is another physical cluster, and goes on when it is the old one again', async () => {
    const world = createSerialPolicyWorld();
    await world.run(5_000);
    const { identity } = world.proxmox;
    world.proxmox.identity = 'other CC:DD';
    world.setCluster('Ready');
    await world.run(10 * MINUTE_MS);
    expect(conditionOf(world, 'Ready')).to.equal('False ClusterChanged');
    expect(kstatus(world.policy())).to.equal('Failed');
    expect(inFlight(world)).to.have.lengthOf(1);
    expect(world.proxmox.requests).to.have.lengthOf(1);
    world.proxmox.identity = identity;
    world.setCluster('Ready');
    expect(await world.run(HOUR_MS, () => isBalanced(world))).to.equal(true);
    expectSoundRecord(world);
  });

  it('migrates nothing without a quorum, and says so', async () => {
    const world = createSerialPolicyWorld();
    world.proxmox.quorate = false;
    await world.run(10 * MINUTE_MS);
    expect(conditionOf(world, 'Ready')).to.equal('False NotQuorate');
    expect(conditionOf(world, 'Balanced')).to.equal('Unknown NotQuorate');
    expect(world.proxmox.requests).to.deep.equal([]);
    world.proxmox.quorate = true;
    expect(await world.run(HOUR_MS, () => isBalanced(world))).to.equal(true);
  });

  it('judges no cluster without a quorum, also where it would migrate nothing', async () => {
    for (const spec of [{ tolerance: '100%' }, { mode: 'DryRun' }, { suspend: true }]) {
      const world = createSerialPolicyWorld(spec);
      world.proxmox.quorate = false;
      await world.run(2 * MINUTE_MS);
      expect(conditionOf(world, 'Ready'), JSON.stringify(spec)).to.equal('False NotQuorate');
      expect(conditionOf(world, 'Balanced')).to.equal('Unknown NotQuorate');
    }
  });

  it('begins nothing more when the quorum is lost during a run', async () => {
    const world = createSerialPolicyWorld();
    await world.run(5_000);
    world.proxmox.quorate = false;
    await world.run(10 * MINUTE_MS);
    expect(outcomes(world)).to.deep.equal(['100 Succeeded']);
    expect(conditionOf(world, 'Ready')).to.equal('False NotQuorate');
  });

  it('does not go on with an old plan after it could not work for long', async () => {
    const world = createSerialPolicyWorld();
    await world.run(5_000);
    notReady(world);
    await world.run(2 * HOUR_MS);
    // Meanwhile others have evened the load out.
    for (const vmid of [201, 202, 203, 101, 102, 103]) {
      world.proxmox.addGuest(vmid, `pve${3 + (vmid % 4)}`);
    }
    world.setCluster('Ready');
    await world.run(10 * MINUTE_MS);
    expect(isBalanced(world)).to.equal(true);
    expect(world.proxmox.requests).to.have.lengthOf(1);
  });

  it('judges nothing while too few nodes are known, and begins nothing more of its plan', async () => {
    const world = createSerialPolicyWorld();
    await world.run(5_000);
    for (const node of ['pve1', 'pve3', 'pve5', 'pve6']) world.proxmox.unknownNodes.add(node);
    await world.run(10 * MINUTE_MS);
    expect(outcomes(world)).to.deep.equal(['100 Succeeded']);
    expect(conditionOf(world, 'Ready')).to.equal('False DataIncomplete');
    expect(conditionOf(world, 'Balanced')).to.equal('Unknown DataIncomplete');
    expect(conditionOf(world, 'DataComplete')).to.equal('False DataIncomplete');
    world.proxmox.unknownNodes.clear();
    expect(await world.run(HOUR_MS, () => isBalanced(world))).to.equal(true);
    expect(conditionOf(world, 'DataComplete')).to.equal('True DataComplete');
  });

  for (const [code, ready, reads] of [
    ['Unreachable', 'False Unreachable', 'InProgress'],
    ['CertificateUntrusted', 'False CertificateUntrusted', 'Failed'],
    ['Unauthorized', 'False Unauthorized', 'Failed'],
    ['Forbidden', 'False Forbidden', 'Failed'],
    ['UnexpectedAnswer', 'False DataIncomplete', 'InProgress'],
    ['ServerError', 'False DataIncomplete', 'InProgress'],
  ] as const) {
    it(`says ${ready} on ${code}, tells of it once, and recovers by itself`, async () => {
      const world = createSerialPolicyWorld();
      world.proxmox.fail('readInventory', code, 3);
      await world.run(1_000);
      expect(conditionOf(world, 'Ready')).to.equal(ready);
      expect(kstatus(world.policy())).to.equal(reads);
      expect(await world.run(HOUR_MS, () => isBalanced(world))).to.equal(true);
      expect(world.events.filter(({ type }) => type === 'Warning')).to.have.lengthOf(1);
      expect(kstatus(world.policy())).to.equal('Current');
      expectSoundRecord(world);
    });
  }

  it('says so when it may not follow a migration, and follows the others', async () => {
    const world = createSerialPolicyWorld({ migration: { concurrency: { total: 2, perNode: 1 } } });
    await world.run(5_000);
    expect(inFlight(world)).to.have.lengthOf(2);
    const reads = () => world.proxmox.calls.filter((call) => call === 'readTask').length;
    const before = reads();
    world.proxmox.fail('readTask', 'Forbidden');
    await world.run(3_000);
    expect(conditionOf(world, 'Ready')).to.equal('False Forbidden');
    expect(reads() - before).to.equal(2);
    expect(await world.run(HOUR_MS, () => isBalanced(world))).to.equal(true);
    expectSoundRecord(world);
  });

  it('leaves out a guest that cannot be looked at, and migrates others', async () => {
    const world = createSerialPolicyWorld();
    world.proxmox.unreachable.add('pve1');
    await world.run(10 * MINUTE_MS);
    expect(world.proxmox.requests.every(({ node, target }) => node !== 'pve1' && target !== 'pve1')).to.equal(
      true,
    );
    expect(conditionOf(world, 'DataComplete')).to.equal('False DataIncomplete');
    expect(messageOf(world, 'DataComplete')).to.contain('pve1');
  });

  it('drops a migration whose node fails between plan and request, and begins the others', async () => {
    const world = createSerialPolicyWorld();
    world.proxmox.fail('listMigrateTasks', 'NodeUnreachable');
    await world.run(10_000);
    expect(world.proxmox.requests.map(({ vmid }) => vmid)).to.deep.equal([200]);
    expect(conditionOf(world, 'Ready')).to.equal('True Migrating');
  });

  for (const [what, isManaged, change, why] of [
    ['is locked', false, { lock: 'backup' }, 'the guest is locked (backup)'],
    ['is paused', false, { status: 'paused' }, 'the guest is paused'],
    ['is a template', false, { template: true }, 'the guest is a template now'],
    ['is another one', false, { name: 'other' }, "VMID 100 is now another guest ('other')"],
    ['has moved', false, { node: 'pve6' }, 'the guest is not on pve1 any more'],
    ['was given to HA', false, { haManaged: true }, 'the guest is managed by Proxmox HA'],
    ['was taken from HA', true, { haManaged: false }, 'the guest is not managed by Proxmox HA any more'],
    ['is frozen by HA', true, { haState: 'freeze' }, "its HA state is 'freeze'"],
  ] as const) {
    it(`sends no request for a guest that ${what} since the plan was made, and begins the others`, async () => {
      const world = createSerialPolicyWorld();
      const guest = world.proxmox.guests.get(100);
      if (guest) guest.haManaged = isManaged;
      world.proxmox.onCall = (call) => {
        if (call === 'readGuest') Object.assign(guest ?? {}, change);
      };
      await world.run(5_000);

      expect(world.proxmox.requests.map(({ vmid }) => vmid)).to.deep.equal([200]);
      const dropped = world.events.filter(({ reason }) => reason === 'MigrationsDropped');
      expect(dropped.map(({ message }) => message)).to.deep.equal([
        `1 planned migration is not begun: qemu/100 'vm-100': ${why}`,
      ]);
    });
  }

  it('sends no request for a guest that somebody begins to migrate at that moment', async () => {
    const world = createSerialPolicyWorld();
    world.proxmox.onCall = (call) => {
      if (call === 'listMigrateTasks' && world.proxmox.tasks.length === 0)
        world.proxmox.startForeign(100, 'pve4');
    };
    await world.run(5_000);

    expect(world.proxmox.requests.filter(({ vmid }) => vmid === 100)).to.deep.equal([]);
    const [dropped] = world.events.filter(({ reason }) => reason === 'MigrationsDropped');
    expect(dropped?.message).to.contain('it is being migrated (UPID:pve1:');
  });

  it('begins nothing more of its plan while a migration is overdue', async () => {
    const world = createSerialPolicyWorld({
      migration: { timeout: '5m', concurrency: { total: 2, perNode: 5 } },
    });
    for (const vmid of [100, 200]) world.proxmox.course(vmid, { milliseconds: 40 * MINUTE_MS });
    world.proxmox.startForeign(303, 'pve5', { milliseconds: 20 * MINUTE_MS });
    await world.run(30 * MINUTE_MS);
    expect(world.proxmox.requests).to.have.lengthOf(1);
    expect(conditionOf(world, 'Ready')).to.equal('False MigrationsOverdue');
    expect(await world.run(HOUR_MS, () => world.proxmox.requests.length > 1)).to.equal(true);
    expect(outcomes(world)).to.deep.equal(['100 Succeeded']);
  });

  it('leaves alone what Proxmox prevents, what is gone, and what is another guest now', async () => {
    const world = createSerialPolicyWorld({ migration: { concurrency: { total: 2, perNode: 1 } } });
    world.proxmox.prevents.set(100, 'It has disks on local storage: local:100.');
    await world.run(1_000);
    expect(world.proxmox.requests.map(({ vmid }) => vmid)).to.deep.equal([101, 200]);
  });

  for (const [what, traits, why] of [
    ['is another one now', { name: 'newcomer' }, /VMID 100 is now another guest \('newcomer'\)/],
    ['became a template', { template: true }, /is a template now/],
    ['is being backed up', { lock: 'backup' }, /is locked \(backup\)/],
    ['was stopped', { status: 'stopped' }, /the guest is stopped/],
    ['was moved by hand', { node: 'pve6' }, /is not on pve1 any more/],
    ['was given to HA', { haManaged: true }, /is managed by Proxmox HA/],
  ] as const) {
    it(`leaves a guest alone that ${what} when its turn comes`, async () => {
      const world = createSerialPolicyWorld();
      let looked = false;
      world.proxmox.onCall = (call) => {
        if (call !== 'readGuest' || looked) return;
        looked = true;
        Object.assign(world.proxmox.guests.get(100) ?? {}, traits);
      };
      await world.run(10_000);
      expect(world.proxmox.requests.map(({ vmid }) => vmid)).to.deep.equal([200]);
      const dropped = world.events.filter(({ reason }) => reason === 'MigrationsDropped');
      expect(dropped.map(({ message }) => message).join('\n')).to.match(why);
    });
  }

  it('asks a failing cluster less and less often', async () => {
    const world = createSerialPolicyWorld();
    world.proxmox.fail('readInventory', 'Unreachable', 1_000);
    await world.run(HOUR_MS);
    expect(world.proxmox.calls.length).to.be.below(80);
    const writes = world.api.calls.filter(({ call }) => call === 'applyStatus');
    expect(writes).to.have.lengthOf.at.most(3);
  });

  it('reads as in progress until it was evaluated for the first time, and after each change of its spec', async () => {
    const world = createSerialPolicyWorld({ mode: 'DryRun' });
    world.setCluster(undefined);
    await world.run(1_000);
    expect(conditionOf(world, 'Ready')).to.equal('Unknown Progressing');
    expect(kstatus(world.policy())).to.equal('InProgress');
    world.setCluster('Ready');
    await world.run(1_000);
    expect(kstatus(world.policy())).to.equal('Current');
    world.apply('lab', { spec: { mode: 'DryRun', tolerance: '90%' } });
    expect(kstatus(world.policy())).to.equal('InProgress');
    await world.run(1_000);
    expect(kstatus(world.policy())).to.equal('Current');
  });
});
