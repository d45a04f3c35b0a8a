import { expect } from 'chai';
import fc from 'fast-check';
import { apiError } from '../../../support/fake-api-client.ts';
import { expectSoundRecord, inFlight } from '../../../support/policy-assertions.ts';
import { createPolicyWorld, type PolicyWorld } from '../../../support/policy-world.ts';

const MINUTE_MS = 60_000;
const SPEC = { interval: '1m', historyLimit: 200, tolerance: '10%' };

/** Something that happens to the policy, to the operator, to the API server or to Proxmox. */
interface Happening {
  readonly name: string;
  readonly act: (world: PolicyWorld) => unknown;
}

const vmid = fc.constantFrom(100, 101, 102, 103, 200, 201, 202, 203, 300);
const node = fc.constantFrom('pve1', 'pve2', 'pve3', 'pve4');
const when = fc.constantFrom('Before' as const, 'After' as const);
const lost = { mayHaveTakenEffect: true };

function happening(name: string, act: Happening['act']): Happening {
  return { name, act };
}

const anyHappening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .integer({ min: 1, max: 3 * MINUTE_MS })
      .map((ms) => happening(`${ms} ms pass`, (world) => world.run(ms))),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.integer({ min: 1, max: 60 }), when)
      .map(([at, how]) => happening(`crash ${how} call ${at}`, (world) => world.crashAt({ at, when: how }))),
  },
  fc.constant(happening('restart', (world) => world.restart())),
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.integer({ min: 1, max: 8 }), fc.constantFrom(undefined, 409, 503), fc.boolean())
      .map(([count, status, after]) =>
        happening(`write ${count} fails with ${status}${after ? ' though stored' : ''}`, (world) =>
          world.api.failNth('applyStatus', count, apiError(status, lost), { after: after && status !== 409 }),
        ),
      ),
  },
  fc
    .integer({ min: 1, max: 5 })
    .map((times) =>
      happening(`${times} reads of the API fail`, (world) =>
        world.api.fail('get', apiError(undefined), { times }),
      ),
    ),
  {
    weight: 2,
    arbitrary: fc
      .tuple(vmid, fc.constantFrom('LostBefore' as const, 'LostAfter' as const))
      .map(([id, kind]) =>
        happening(`request for ${id} ${kind}`, (world) => world.proxmox.nextStart(id, { kind })),
      ),
  },
  vmid.map((id) =>
    happening(`request for ${id} refused`, (world) =>
      world.proxmox.nextStart(id, { kind: 'Refused', message: 'VM is locked (backup)' }),
    ),
  ),
  fc
    .tuple(
      vmid,
      fc.constantFrom('migration aborted', 'migration problems', 'unexpected status', 'WARNINGS: 1'),
      fc.boolean(),
    )
    .map(([id, exitStatus, moves]) =>
      happening(`tasks of ${id} end with ${exitStatus}`, (world) =>
        world.proxmox.course(id, { exitStatus, ...(exitStatus !== 'migration aborted' && { moves }) }),
      ),
    ),
  vmid.map((id) =>
    happening(`tasks of ${id} are slow`, (world) =>
      world.proxmox.course(id, { milliseconds: 4 * MINUTE_MS }),
    ),
  ),
  node.map((name) => happening(`${name} is unreachable`, (world) => world.proxmox.unreachable.add(name))),
  node.map((name) => happening(`${name} is reachable`, (world) => world.proxmox.unreachable.delete(name))),
  fc.boolean().map((quorate) =>
    happening(quorate ? 'quorum' : 'no quorum', (world) => {
      world.proxmox.quorate = quorate;
    }),
  ),
  fc.tuple(vmid, node).map(([id, target]) =>
    happening(`somebody migrates ${id} to ${target}`, (world) => {
      const guest = world.proxmox.guests.get(id);
      if (guest && guest.node !== target && guest.lock === undefined) world.proxmox.startForeign(id, target);
    }),
  ),
  fc
    .boolean()
    .map((suspend) =>
      happening(suspend ? 'suspended' : 'resumed', (world) =>
        world.apply('lab', { spec: { ...SPEC, suspend } }),
      ),
    ),
  fc
    .constantFrom('10%', '60%')
    .map((tolerance) =>
      happening(`tolerance ${tolerance}`, (world) => world.apply('lab', { spec: { ...SPEC, tolerance } })),
    ),
  fc
    .integer({ min: 1, max: 3 })
    .map((total) =>
      happening(`concurrency ${total}`, (world) =>
        world.apply('lab', { spec: { ...SPEC, migration: { concurrency: { total, perNode: total } } } }),
      ),
    ),
  fc
    .string({ minLength: 1, maxLength: 5 })
    .map((value) =>
      happening(`asked to evaluate (${value})`, (world) =>
        world.apply('lab', { annotations: { 'pve-cslb.io/requested-at': value } }),
      ),
    ),
);

const anyHistory = fc.array(anyHappening, { minLength: 1, maxLength: 25 });

async function settle(world: PolicyWorld): Promise<void> {
  world.proxmox.unreachable.clear();
  world.proxmox.quorate = true;
  world.apply('lab', { spec: { ...SPEC, suspend: true } });
  await world.run(15 * MINUTE_MS);
}

describe('whatever happens to a policy', () => {
  it('no guest has two migrations open, and each of ours is in the record once', async () => {
    await fc.assert(
      fc.asyncProperty(anyHistory, async (history) => {
        const world = createPolicyWorld();
        world.apply('lab', { spec: SPEC });
        for (const { act } of history) await act(world);
        await settle(world);
        expectSoundRecord(world);
        expect(inFlight(world), 'still under way').to.deep.equal([]);
      }),
      { numRuns: 40 },
    );
  });

  it('no guest has two migrations open, also when the status is wiped time and again', async () => {
    const wipe = fc.constant(happening('status wiped', (world) => world.wipeStatus('lab')));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof({ weight: 5, arbitrary: anyHappening }, wipe), { maxLength: 25 }),
        async (history) => {
          const world = createPolicyWorld();
          world.apply('lab', { spec: SPEC });
          for (const { act } of history) await act(world);
          await settle(world);
          expect(world.violations.filter((violation) => violation.includes('is open'))).to.deep.equal([]);
        },
      ),
      { numRuns: 40 },
    );
  });
});
