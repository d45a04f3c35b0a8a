import { expect } from 'chai';
import fc from 'fast-check';
import { gib } from '../../../support/cluster-model.ts';
import type { FakeProxmoxCluster } from '../../../support/fake-proxmox-cluster.ts';
import { conditionOf, expectSoundRecord } from '../../../support/policy-assertions.ts';
import { createPolicyWorld } from '../../../support/policy-world.ts';

const HOUR = 3_600_000;
const NODES = ['pve1', 'pve2', 'pve3', 'pve4', 'pve5', 'pve6'];
/** Of the fake cluster. */
const NODE_GIB = 100;
const OWN_GIB = 5;

interface Case {
  readonly guests: readonly { readonly node: string; readonly gib: number; readonly fails: boolean }[];
  readonly apart: readonly (readonly number[])[];
  readonly together: readonly number[];
  readonly pinned: { readonly guest: number; readonly nodes: readonly string[] };
  readonly drained: string;
  readonly reserve: number;
  readonly limits: { readonly total: number; readonly perNode: number };
  readonly maxMigrations: number;
}

const anyIndex = fc.integer({ min: 0, max: 11 });
const anyCase: fc.Arbitrary<Case> = fc.record({
  guests: fc.array(
    fc.record({
      node: fc.constantFrom(...NODES.slice(0, 4)),
      gib: fc.integer({ min: 2, max: 45 }),
      fails: fc.integer({ min: 0, max: 5 }).map((number) => number === 0),
    }),
    { minLength: 12, maxLength: 16 },
  ),
  apart: fc.array(fc.uniqueArray(anyIndex, { minLength: 2, maxLength: 4 }), { maxLength: 2 }),
  together: fc.uniqueArray(anyIndex, { minLength: 2, maxLength: 3 }),
  pinned: fc.record({ guest: anyIndex, nodes: fc.uniqueArray(fc.constantFrom(...NODES), { minLength: 1 }) }),
  drained: fc.constantFrom(...NODES),
  reserve: fc.constantFrom(0, 5, 15),
  limits: fc.record({ total: fc.integer({ min: 1, max: 4 }), perNode: fc.integer({ min: 1, max: 3 }) }),
  maxMigrations: fc.integer({ min: 1, max: 12 }),
});

/** What contradicts itself so plainly is refused when it is applied. */
const anyAcceptedCase = anyCase.filter(
  ({ apart, together, pinned, drained }) =>
    apart.every((guests) => guests.filter((guest) => together.includes(guest)).length < 2) &&
    pinned.nodes.some((node) => node !== drained),
);

const vmidOf = (index: number) => 500 + index;

function specOf({ apart, together, pinned, drained, reserve, limits, maxMigrations }: Case): object {
  const rules = [
    ...apart.map((guests, index) => ({
      name: `apart-${index}`,
      type: 'AntiAffinity',
      guests: { vmids: guests.map(vmidOf) },
    })),
    { name: 'together', type: 'Affinity', guests: { vmids: together.map(vmidOf) } },
    { name: 'pinned', type: 'Pin', guests: { vmids: [vmidOf(pinned.guest)] }, nodes: pinned.nodes },
  ];
  return {
    strategy: 'Optimize',
    tolerance: '15%',
    interval: '1m',
    maxMigrations,
    migration: { concurrency: limits, timeout: '168h' },
    stabilization: { guestCooldown: '30m' },
    placement: { rules, drainNodes: [drained], reserve: { memory: `${reserve}%` } },
  };
}

/** Looks at the cluster whenever a migration is asked for; what it finds wrong is gathered. */
function watch(proxmox: FakeProxmoxCluster, input: Case): readonly string[] {
  const wrong: string[] = [];
  const sizes = new Map(input.guests.map((guest, index) => [vmidOf(index), guest.gib]));
  const before = proxmox.onStart;
  proxmox.onStart = (request) => {
    before(request);
    const open = proxmox.tasks.filter(proxmox.isRunning).map(({ vmid, target }) => ({ vmid, target }));
    const moving = [...open, request];
    const where = (vmid: number) =>
      new Set([
        proxmox.guests.get(vmid)?.node,
        ...moving.filter((each) => each.vmid === vmid).map(({ target }) => target),
      ]);
    if (request.target === input.drained) wrong.push(`${request.vmid} to the drained ${request.target}`);
    const load = [...sizes].reduce(
      (sum, [vmid, size]) => sum + (where(vmid).has(request.target) ? size : 0),
      OWN_GIB,
    );
    if (load > NODE_GIB * (1 - input.reserve / 100)) wrong.push(`${request.target} is to hold ${load} GiB`);
    for (const guests of input.apart) {
      const vmids = guests.map(vmidOf);
      if (!vmids.includes(request.vmid)) continue;
      const beside = vmids.filter((vmid) => vmid !== request.vmid && where(vmid).has(request.target));
      if (beside.length > 0) wrong.push(`${request.vmid} to ${beside} on ${request.target}`);
      const underWay = open.filter(({ vmid }) => vmids.includes(vmid));
      if (underWay.length > 0) wrong.push(`${request.vmid} while ${underWay[0]?.vmid} is under way`);
    }
    const { guest, nodes } = input.pinned;
    if (request.vmid === vmidOf(guest) && !nodes.includes(request.target))
      wrong.push(`${request.vmid} unpinned`);
  };
  return wrong;
}

describe('a policy with the strategy Optimize', () => {
  it('keeps rules, drained nodes and room at every request, whatever fails, and comes to rest', async () => {
    let moves = 0;
    await fc.assert(
      fc.asyncProperty(anyAcceptedCase, async (input) => {
        const world = createPolicyWorld();
        const { proxmox } = world;
        for (const vmid of [...proxmox.guests.keys()]) proxmox.removeGuest(vmid);
        const filled = new Map<string, number>();
        input.guests.forEach((guest, index) => {
          const room = (node: string) => (filled.get(node) ?? OWN_GIB) + guest.gib <= NODE_GIB;
          const node = [guest.node, ...NODES].find(room) ?? guest.node;
          filled.set(node, (filled.get(node) ?? OWN_GIB) + guest.gib);
          proxmox.addGuest(vmidOf(index), node, { memoryBytes: gib(guest.gib) });
          if (guest.fails) proxmox.course(vmidOf(index), { exitStatus: 'migration aborted' });
        });
        const wrong = watch(proxmox, input);
        world.apply('lab', { spec: specOf(input) });
        const rests = () => {
          const ready = conditionOf(world, 'Ready') ?? '';
          const balanced = conditionOf(world, 'Balanced') ?? '';
          const atWork = /Migrating|Settling|Progressing|Imbalanced/.test(`${ready} ${balanced}`);
          return balanced !== '' && !atWork && (world.policy().status?.migrations ?? []).length === 0;
        };
        const rested = await world.run(6 * HOUR, rests);
        moves += proxmox.tasks.length;
        expect(wrong).to.deep.equal([]);
        expectSoundRecord(world);
        expect(rested, JSON.stringify(world.policy().status?.conditions)).to.equal(true);
      }),
      // Each is a world of its own, so that making a failing one smaller would take very long.
      { numRuns: 12, endOnFailure: true },
    );
    // It would be easy to keep every rule and move nothing.
    expect(moves).to.be.above(12);
  });
});
