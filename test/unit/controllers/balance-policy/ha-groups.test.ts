import { expect } from 'chai';
import fc from 'fast-check';
import type { FakeProxmoxCluster } from '../../../support/fake-proxmox-cluster.ts';
import type { TaskCourse } from '../../../support/fake-task.ts';
import type { CrashPoint } from '../../../support/mortal-calls.ts';
import {
  expectSoundRecord,
  history,
  inFlight,
  isBalanced,
  messageOf,
  outcomes,
} from '../../../support/policy-assertions.ts';
import { createPolicyWorld, type PolicyWorld } from '../../../support/policy-world.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

const GROUP = [100, 101, 102];
const COMPANIONS = [
  { vmid: 101, type: 'qemu', name: 'vm-101' },
  { vmid: 102, type: 'qemu', name: 'vm-102' },
];

/** pve1 is too full; of its guests only three may move, which HA keeps together. */
function begin(
  spec: object = {},
  change: (proxmox: FakeProxmoxCluster) => void = () => undefined,
): PolicyWorld {
  const world = createPolicyWorld();
  const { proxmox } = world;
  for (let vmid = 201; vmid <= 206; vmid += 1) proxmox.removeGuest(vmid);
  for (const guest of proxmox.guests.values()) guest.haManaged = GROUP.includes(guest.vmid);
  proxmox.together = GROUP;
  change(proxmox);
  world.apply('lab', {
    spec: {
      interval: '1m',
      strategy: 'Optimize',
      tolerance: '60%',
      exclusions: { vmids: [103, 104, 105, 106, 200, 300, 301, 302, 303] },
      ...spec,
    },
  });
  return world;
}

function nodesOf({ proxmox }: PolicyWorld): readonly (string | undefined)[] {
  return GROUP.map((vmid) => proxmox.guests.get(vmid)?.node);
}

function resting(world: PolicyWorld): readonly number[] {
  return (world.policy().status?.cooldowns ?? []).map(({ vmid }) => vmid).toSorted();
}

function works(world: PolicyWorld): boolean {
  return world.proxmox.tasks.some((task) => task.request && world.proxmox.isRunning(task));
}

function dropped(world: PolicyWorld): readonly string[] {
  return world.events.filter(({ reason }) => reason === 'MigrationsDropped').map(({ message }) => message);
}

const runToTheEnd = (world: PolicyWorld) =>
  world.run(HOUR_MS, () => isBalanced(world) && inFlight(world).length === 0);

describe('guests that HA moves together', () => {
  it('are one migration, of which plan, entry and history name all', async () => {
    const world = begin();
    await world.run(10 * SECOND_MS);
    const { plan } = world.policy().status ?? {};
    expect(plan?.migrations).to.have.lengthOf(1);
    expect(plan?.migrations[0]).to.deep.include({ vmid: 100, memory: '3Gi', companions: COMPANIONS });
    expect(inFlight(world)).to.have.lengthOf(1);
    expect(inFlight(world)[0]).to.deep.include({
      vmid: 100,
      state: 'Queued',
      memory: '3Gi',
      companions: COMPANIONS,
    });
    expect(await runToTheEnd(world)).to.equal(true);
    expect(world.proxmox.requests.map(({ vmid }) => vmid)).to.deep.equal([100]);
    expect(new Set(nodesOf(world)).size).to.equal(1);
    expect(nodesOf(world)).to.not.include('pve1');
    const [entry] = history(world);
    expect(entry).to.deep.include({ vmid: 100, outcome: 'Succeeded', memory: '3Gi', companions: COMPANIONS });
    expect(entry?.message).to.equal(`Migrated by HA with 101, 102, and started on ${entry?.target}.`);
    expect(world.policy().status?.totals).to.deep.equal({ succeeded: 1, failed: 0 });
    expect(resting(world)).to.deep.equal(GROUP);
    expectSoundRecord(world);
  });

  it('have succeeded when the last of them has stayed on the target for 25 s', async () => {
    const world = begin();
    world.proxmox.course(102, { milliseconds: 5 * MINUTE_MS });
    expect(await world.run(HOUR_MS, () => nodesOf(world)[2] !== 'pve1')).to.equal(true);
    expect(nodesOf(world)).to.not.include('pve1');
    await world.run(24 * SECOND_MS);
    expect(outcomes(world)).to.deep.equal([]);
    await world.run(5 * SECOND_MS);
    expect(outcomes(world)).to.deep.equal(['100 Succeeded']);
  });

  it('are refused when 60 s later nothing of any of them has moved', async () => {
    const world = begin();
    for (const vmid of GROUP) world.proxmox.haCourse(vmid, 'Drops');
    await world.run(59 * SECOND_MS);
    expect(outcomes(world)).to.deep.equal([]);
    await world.run(5 * SECOND_MS);
    expect(outcomes(world)).to.deep.equal(['100 Refused']);
    expect(history(world)[0]?.message).to.match(/^With 101, 102: HA dropped the request/);
    expect(resting(world)).to.deep.equal(GROUP);
    const failures = world.policy().status?.cooldowns?.map((each) => each.failures);
    expect(failures).to.deep.equal([1, 1, 1]);
  });

  for (const [what, course] of [
    ['is in error', 'Errs'],
    ['is moved back', 'MovesBack'],
    ['does not come along', 'Drops'],
  ] as const) {
    it(`have failed when one ${what}, which is named`, async () => {
      const world = begin();
      world.proxmox.haCourse(101, course);
      expect(await world.run(15 * MINUTE_MS, () => outcomes(world).length > 0)).to.equal(true);
      expect(outcomes(world)).to.deep.equal(['100 Failed']);
      expect(history(world)[0]?.message).to.contain('Guest 101: HA');
      const onTarget = course === 'Errs' ? '100, 101, 102' : '100, 102';
      expect(history(world)[0]?.message).to.contain(`: ${onTarget}`);
      expect(resting(world)).to.deep.equal(GROUP);
      expectSoundRecord(world);
    });
  }

  it('are followed on while some have arrived and HA brings the others', async () => {
    const world = begin();
    world.proxmox.haCourse(101, 'Drops');
    expect(await world.run(5 * MINUTE_MS, () => nodesOf(world)[2] !== 'pve1')).to.equal(true);
    await world.run(100 * SECOND_MS);
    expect(outcomes(world)).to.deep.equal([]);
    world.proxmox.startForeign(101, inFlight(world)[0]?.target ?? '');
    expect(await runToTheEnd(world)).to.equal(true);
    expect(outcomes(world)).to.deep.equal(['100 Succeeded']);
    expectSoundRecord(world);
  });

  it('count for the limits each, as long as any of them is under way', async () => {
    const world = begin({
      migration: { concurrency: { total: 3, perNode: 3 } },
      exclusions: { vmids: [103, 104, 105, 200, 300, 301, 302, 303] },
      tolerance: '30%',
    });
    world.proxmox.course(102, { milliseconds: 5 * MINUTE_MS });
    await world.run(2 * MINUTE_MS, () => works(world));
    expect(inFlight(world)).to.have.lengthOf(1);
    const most = { value: 0 };
    await world.run(HOUR_MS, () => {
      const running = world.proxmox.tasks.filter(
        (task) => task.taskType !== 'hamigrate' && world.proxmox.isRunning(task),
      );
      most.value = Math.max(most.value, running.length);
      return isBalanced(world) && inFlight(world).length === 0;
    });
    expect(most.value).to.be.at.most(3);
    expectSoundRecord(world);
  });

  it('that are more than the limits allow begin when nothing else is under way', async () => {
    const world = begin({ migration: { concurrency: { total: 2, perNode: 1 } } });
    world.proxmox.startForeign(303, 'pve5', { milliseconds: 3 * MINUTE_MS });
    await world.run(2 * MINUTE_MS);
    expect(world.proxmox.requests).to.deep.equal([]);
    expect(await runToTheEnd(world)).to.equal(true);
    expect(outcomes(world)).to.deep.equal(['100 Succeeded']);
  });

  const surprises: readonly (readonly [string, (proxmox: FakeProxmoxCluster) => void, RegExp])[] = [
    [
      'has been locked',
      (proxmox) => Object.assign(proxmox.guests.get(102) ?? {}, { lock: 'backup' }),
      /guest 102, which moves along: the guest is locked \(backup\)/,
    ],
    [
      'has another name',
      (proxmox) => Object.assign(proxmox.guests.get(102) ?? {}, { name: 'new' }),
      /guest 102, which moves along: VMID 102 is now another guest \('new'\)/,
    ],
    [
      'was taken from HA',
      (proxmox) => Object.assign(proxmox.guests.get(101) ?? {}, { haManaged: false }),
      /guest 101, which moves along: the guest is not managed by Proxmox HA any more/,
    ],
    [
      'is no longer one of them',
      (proxmox) => Object.assign(proxmox, { together: [100, 101] }),
      /Proxmox HA would move guest 101, guest 102 along with it/,
    ],
    [
      'may not be migrated',
      (proxmox) => proxmox.prevents.set(102, 'no way'),
      /Proxmox HA would move guest 101, guest 102 along with it/,
    ],
  ];
  for (const [what, surprise, why] of surprises) {
    it(`are not asked for when the last look shows that one ${what}`, async () => {
      const world = begin();
      let looked = false;
      world.proxmox.onCall = (call) => {
        // The plan was made on what the inventory and the closer looks have shown.
        if (call !== 'readGuest' || looked) return;
        looked = true;
        surprise(world.proxmox);
      };
      await world.run(30 * SECOND_MS);
      expect(looked).to.equal(true);
      expect(world.proxmox.requests).to.deep.equal([]);
      expect(dropped(world)[0]).to.match(why);
    });
  }

  it('are not asked for while somebody has asked HA to move one of them', async () => {
    const world = begin();
    let looked = false;
    world.proxmox.onCall = (call) => {
      if (call !== 'listMigrateTasks' || looked) return;
      looked = true;
      world.proxmox.startForeign(102, 'pve6', { milliseconds: SECOND_MS, moves: false });
    };
    await world.run(20 * SECOND_MS);
    expect(world.proxmox.requests).to.deep.equal([]);
    expect(dropped(world)[0]).to.match(/guest 102, which moves along: it is being migrated/);
  });

  it('stay when one of them may not move, and the plan says why', async () => {
    const world = begin({}, (proxmox) => Object.assign(proxmox.guests.get(101) ?? {}, { lock: 'backup' }));
    await world.run(MINUTE_MS);
    expect(world.proxmox.requests).to.deep.equal([]);
    const blocked = world.policy().status?.plan?.blocked ?? [];
    expect(blocked.map(({ reason, count }) => `${reason} ${count}`)).to.include.members([
      'MovesWithOthers 2',
      'Locked 1',
    ]);
  });

  it('are left alone by Cslb', async () => {
    const world = begin({ strategy: 'Cslb', tolerance: '20%' });
    await world.run(5 * MINUTE_MS);
    expect(world.proxmox.requests).to.deep.equal([]);
  });

  it('wait for room among the cooldowns for all of them', async () => {
    const world = begin();
    const full = (count: number) => ({
      cooldowns: Array.from({ length: count }, (_, index) => ({
        vmid: 10_000 + index,
        type: 'qemu' as const,
        until: '2099-01-01T00:00:00Z',
        failures: 0,
      })),
    });
    world.editStatus('lab', () => full(998));
    await world.run(5 * MINUTE_MS);
    expect(world.proxmox.requests).to.deep.equal([]);
    world.editStatus('lab', (status) => ({ ...status, ...full(997) }));
    expect(await runToTheEnd(world)).to.equal(true);
    expect(outcomes(world)).to.deep.equal(['100 Succeeded']);
    expect(world.policy().status?.cooldowns).to.have.lengthOf(1_000);
  });

  it('are named by a plan that waits for approval, and run as they were approved', async () => {
    const world = begin({ mode: 'Approve' });
    await world.run(MINUTE_MS);
    const plan = world.policy().status?.plan;
    expect(plan?.migrations[0]?.companions).to.deep.equal(COMPANIONS);
    world.restart();
    await world.run(MINUTE_MS);
    expect(world.policy().status?.plan?.id).to.equal(plan?.id);
    world.apply('lab', { annotations: { 'pve-cslb.io/approve': plan?.id ?? '' } });
    expect(await runToTheEnd(world)).to.equal(true);
    expect(history(world)[0]).to.deep.include({ outcome: 'Succeeded', companions: COMPANIONS });
    expectSoundRecord(world);
  });

  it('whose names are longer than the plan shows them run as they were approved', async () => {
    const world = begin({ mode: 'Approve' }, (proxmox) => {
      for (const vmid of GROUP) {
        const { node = '' } = proxmox.guests.get(vmid) ?? {};
        proxmox.addGuest(vmid, node, { haManaged: true, name: `${vmid}-`.padEnd(100, 'x') });
      }
    });
    await world.run(MINUTE_MS);
    world.apply('lab', { annotations: { 'pve-cslb.io/approve': world.policy().status?.plan?.id ?? '' } });
    expect(await runToTheEnd(world)).to.equal(true);
    expect(outcomes(world)).to.deep.equal(['100 Succeeded']);
    expect(world.violations).to.deep.equal([]);
  });

  it('are asked for once, and recorded once at most, where the status is wiped at any time', async () => {
    for (let at = 100; at < 80_000; at += 1_300) {
      const world = begin();
      await world.run(at);
      world.wipeStatus();
      expect(await runToTheEnd(world), `wiped at ${at}`).to.equal(true);
      expect(world.violations, `wiped at ${at}`).to.deep.equal([]);
      expect(world.proxmox.requests, `wiped at ${at}`).to.have.lengthOf(1);
      const recorded = history(world).flatMap(({ vmid, companions = [] }) => [
        vmid,
        ...companions.map((each) => each.vmid),
      ]);
      expect(recorded, `wiped at ${at}`).to.have.lengthOf(new Set(recorded).size);
      expect(messageOf(world, 'Ready'), `wiped at ${at}`).to.not.contain('Somebody else');
    }
  });

  it('are adopted with everybody whose request runs', async () => {
    const world = begin();
    await world.run(0, () => world.proxmox.tasks.length > 0);
    world.wipeStatus();
    await world.run(500);
    expect(inFlight(world)).to.have.lengthOf(1);
    expect(inFlight(world)[0]).to.deep.include({ vmid: 100, companions: COMPANIONS });
    expect(await runToTheEnd(world)).to.equal(true);
    expect(outcomes(world)).to.deep.equal(['100 Succeeded']);
    expectSoundRecord(world);
  });

  it('are followed on by the next process, wherever HA is with them', async () => {
    for (let at = 500; at < 90_000; at += 3_500) {
      const world = begin();
      const slow: TaskCourse = { milliseconds: 40 * SECOND_MS };
      world.proxmox.course(102, slow);
      await world.run(at);
      world.restart();
      expect(await runToTheEnd(world), `restarted at ${at}`).to.equal(true);
      expect(outcomes(world), `restarted at ${at}`).to.deep.equal(['100 Succeeded']);
      expectSoundRecord(world);
    }
  });

  it('end well only when all of them are on the target, whatever HA makes of each and whenever the operator dies', async () => {
    const fate = fc.record({
      course: fc.constantFrom('Moves', 'Drops', 'MovesBack', 'Errs'),
      seconds: fc.integer({ min: 1, max: 200 }),
      exitStatus: fc.constantFrom('OK', 'OK', 'migration aborted', 'WARNINGS: 1'),
    } satisfies Record<string, fc.Arbitrary<unknown>>);
    const deaths = fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(fc.tuple(fate, fate, fate), deaths, async (fates, calls) => {
        const world = begin({ stabilization: { guestCooldown: '24h' } });
        for (const [index, { course, seconds, exitStatus }] of fates.entries()) {
          world.proxmox.haCourse(100 + index, course);
          world.proxmox.course(100 + index, { milliseconds: seconds * SECOND_MS, exitStatus });
        }
        for (const at of calls) {
          world.crashAt({ at, when: at % 2 === 0 ? 'Before' : 'After' });
          const from = world.ioCalls;
          await world.run(MINUTE_MS, () => world.ioCalls >= from + at);
        }
        const ended = () => outcomes(world).some((outcome) => !outcome.endsWith(' NotStarted'));
        expect(await world.run(HOUR_MS, ended), 'ended').to.equal(true);
        expectSoundRecord(world);
        expect(world.proxmox.requests).to.have.lengthOf(1);
        const entry = history(world)[0];
        const arrived = GROUP.every((vmid) => {
          const guest = world.proxmox.guests.get(vmid);
          return guest?.node === entry?.target && guest?.haState === 'started';
        });
        expect(entry?.outcome === 'Succeeded', `${entry?.outcome}: ${entry?.message}`).to.equal(arrived);
        expect(resting(world)).to.deep.equal(GROUP);
      }),
      { numRuns: 60 },
    );
  });

  for (const when of ['Before', 'After'] as const) {
    it(`are neither lost nor moved twice by an operator killed at any call (${when.toLowerCase()} it took effect)`, async () => {
      const undisturbed = begin();
      expect(await runToTheEnd(undisturbed)).to.equal(true);
      for (let at = 1; at <= undisturbed.ioCalls; at += 1) {
        const world = begin();
        world.crashAt({ at, when } satisfies CrashPoint);
        expect(await runToTheEnd(world), `balanced after a crash at ${at}`).to.equal(true);
        expectSoundRecord(world);
        const ended = outcomes(world).filter((outcome) => outcome !== '100 NotStarted');
        expect(ended, `crash at ${at}`).to.deep.equal(['100 Succeeded']);
        for (const { companions } of history(world)) expect(companions).to.deep.equal(COMPANIONS);
        expect(resting(world), `crash at ${at}`).to.deep.equal(GROUP);
      }
    }).timeout(300_000);
  }
});
