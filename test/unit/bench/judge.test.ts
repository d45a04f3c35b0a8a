import { expect } from 'chai';
import { judge, type Step, type Verdict } from '../../../bench/planner/judge/verdict.ts';
import type { Cluster, Guest } from '../../../src/balancing/cluster.ts';
import type { HaRule } from '../../../src/balancing/high-availability.ts';
import { NO_HA } from '../../../src/balancing/high-availability.ts';
import { NO_PLACEMENT, type PlacementRule } from '../../../src/balancing/placement.ts';
import {
  absentNode,
  cluster,
  examined,
  gib,
  guest,
  haService,
  node,
  type SettingsTraits,
  settings,
  volume,
} from '../../support/cluster-model.ts';

const STEP: Step = { vmid: 101, source: 'a', target: 'b' };

/** Nodes a, b and c of 100 GiB; guests 101 and 102 of 10 GiB and two busy CPUs on a, 103 on b. */
function world(traits: Partial<Guest> = {}, others: Partial<Cluster> = {}): Cluster {
  const size = { memoryBytes: gib(10), memoryHostBytes: gib(10) };
  return cluster({
    nodes: [
      node('a', { memoryUsedGib: 40, load: 8 }),
      node('b', { memoryUsedGib: 20, load: 4 }),
      node('c', { memoryUsedGib: 10, load: 2 }),
    ],
    guests: [
      guest(101, 'a', { ...size, ...traits }),
      guest(102, 'a', { ...size, tags: ['db'] }),
      guest(103, 'b', { ...size, tags: ['db'] }),
    ],
    ...others,
  });
}

function judged(state: Cluster, steps: readonly Step[] = [STEP], traits: SettingsTraits = {}): Verdict {
  return judge(state, settings({ strategy: 'Optimize', containers: 'Restart', ...traits }), steps);
}

function ruled(rule: Partial<PlacementRule>): SettingsTraits {
  const full: PlacementRule = {
    name: 'rule',
    type: 'AntiAffinity',
    guests: { vmids: [101, 103], tags: [], pools: [] },
    nodes: [],
    enforcement: 'Required',
    ...rule,
  };
  return { placement: { ...NO_PLACEMENT, rules: [full] } };
}

function haRuled(rule: Partial<HaRule>): Cluster {
  const full = {
    name: 'rule',
    kind: 'ResourceAffinity',
    affinity: 'Negative',
    vmids: [101, 103],
    ...rule,
  } as HaRule;
  const state = world();
  const guests = state.guests.map((each) => ({ ...each, ha: haService() }));
  return { ...state, guests, ha: { ...NO_HA, rules: [full] } };
}

describe('the judge of plans', () => {
  it('lets guests that HA keeps together move by one step, and by no other', () => {
    const state = haRuled({ affinity: 'Positive', vmids: [101, 102] });
    const together = judged(state, [{ ...STEP, companions: [{ vmid: 102 }] }]);
    expect(together).to.deep.include({ moves: 1, memoryBytes: gib(20), forbidden: [], worsened: [] });
    const alone = judged(state);
    expect(alone.forbidden.map(({ vmid, what }) => `${vmid} ${what}`)).to.deep.equal([
      '101 HA would move others with it',
    ]);
    expect(alone.worsened).to.have.lengthOf(1);
    const stranger = judged(world(), [{ ...STEP, companions: [{ vmid: 102 }] }]);
    expect(stranger.forbidden).to.have.lengthOf(2);
    const guests = state.guests.map((each) =>
      each.vmid === 102 ? { ...each, examination: examined({ dependents: ['vm:101', 'vm:103'] }) } : each,
    );
    const more = judged({ ...state, guests }, [{ ...STEP, companions: [{ vmid: 102 }] }]);
    expect(more.forbidden.map(({ vmid }) => vmid)).to.deep.equal([102]);
  });

  it('adds up moves, memory, local disks and cost', () => {
    const disks = [volume({ storage: 'local', bytes: gib(5), local: true }), volume()];
    const state = world(
      { examination: examined({ volumes: disks }) },
      {
        storages: [
          { name: 'local', shared: false, nodes: ['a', 'b', 'c'] },
          { name: 'shared', shared: true, nodes: ['a', 'b', 'c'] },
        ],
      },
    );
    const verdict = judged(state, [STEP, { vmid: 102, source: 'a', target: 'c' }], { localDisks: true });
    expect(verdict).to.include({
      moves: 2,
      memoryBytes: gib(20),
      localBytes: gib(5),
      costBytes: gib(20 + 5 + 8),
      again: 0,
    });
    expect([verdict.forbidden, verdict.overRoom, verdict.worsened]).to.deep.equal([[], [], []]);
  });

  it('measures the spreads before and after, without excluded and drained nodes', () => {
    const { spreads } = judged(world());
    expect(spreads.before.memory).to.be.closeTo(0.3, 1e-9);
    // 8 of 16 cores were busy, that is 16 of 32 CPUs, and 4 of 32 on c.
    expect(spreads.before.cpu).to.be.closeTo(0.375, 1e-9);
    expect(spreads.after.memory).to.be.closeTo(0.2, 1e-9);
    expect(spreads.after.cpu).to.be.closeTo(0.3125, 1e-9);
    const without = { ...NO_PLACEMENT, drainNodes: ['c'] };
    expect(judged(world(), [], { placement: without }).spreads.before.memory).to.be.closeTo(0.2, 1e-9);
    const excluded = { exclusions: { nodes: ['a'] } };
    expect(judged(world(), [], excluded).spreads.before.memory).to.be.closeTo(0.1, 1e-9);
  });

  it('takes what a guest occupies on its host along, its own figure where the host says nothing', () => {
    expect(judged(world({ memoryHostBytes: gib(12) })).memoryBytes).to.equal(gib(12));
    expect(judged(world({ memoryHostBytes: 0 })).memoryBytes).to.equal(gib(10));
  });

  it('sees a target without room, and that a guest which left before has made it', () => {
    const full = world(
      {},
      {
        nodes: [node('a', { memoryUsedGib: 40 }), node('b', { memoryUsedGib: 91 }), node('c')],
      },
    );
    expect(judged(full).overRoom).to.have.lengthOf(1);
    const inOrder = [{ vmid: 103, source: 'b', target: 'c' }, STEP];
    expect(judged(full, inOrder).overRoom).to.deep.equal([]);
    expect(judged(full, inOrder.toReversed()).overRoom.map(({ step }) => step)).to.deep.equal([0]);
  });

  it("counts reserve, memory on its way, and the larger of a guest's two figures as taken room", () => {
    const nodes = [node('a', { memoryUsedGib: 40 }), node('b', { memoryUsedGib: 85 })];
    const state = world({}, { nodes });
    expect(judged(state).overRoom).to.deep.equal([]);
    const reserve = { ...NO_PLACEMENT, memoryReserveShare: 0.1 };
    expect(judged(state, [STEP], { placement: reserve }).overRoom).to.have.lengthOf(1);
    const incoming = [{ node: 'b', vmid: 900, bytes: gib(6) }];
    expect(judged(world({}, { nodes, incoming })).overRoom).to.have.lengthOf(1);
    expect(judged(world({ memoryBytes: gib(16) }, { nodes })).overRoom).to.have.lengthOf(1);
  });

  it('sees a rule that is worse after a step, though the plan repairs it later', () => {
    const away = { vmid: 103, source: 'b', target: 'c' };
    const { worsened, violations } = judged(world(), [STEP, away], ruled({}));
    expect(worsened.map(({ step, what }) => [step, what])).to.deep.equal([[0, 'rule rule']]);
    expect(violations).to.deep.equal({ before: 0, after: 0 });
    expect(judged(world(), [away, STEP], ruled({})).worsened).to.deep.equal([]);
  });

  it('counts violations of each kind of rule', () => {
    const together = ruled({ type: 'Affinity', guests: { vmids: [], tags: ['d?'], pools: [] } });
    expect(judged(world(), [{ vmid: 102, source: 'a', target: 'b' }], together).violations).to.deep.equal({
      before: 1,
      after: 0,
    });
    const apart = ruled({ guests: { vmids: [101, 102], tags: [], pools: [] } });
    expect(judged(world(), [STEP], apart).violations).to.deep.equal({ before: 1, after: 0 });
    const pinned = ruled({ type: 'Pin', nodes: ['[bc]', 'b'] });
    expect(judged(world(), [STEP], pinned).violations).to.deep.equal({ before: 1, after: 0 });
    const preferred = ruled({ type: 'Pin', nodes: ['c'], enforcement: 'Preferred' });
    expect(judged(world(), [STEP], preferred).violations).to.deep.equal({ before: 0, after: 0 });
  });

  it('holds plans to the rules of HA as well', () => {
    expect(judged(haRuled({})).worsened).to.have.lengthOf(1);
    expect(judged(haRuled({})).forbidden).to.have.lengthOf(1);
    const only = { kind: 'NodeAffinity', affinity: 'Positive', nodes: [{ name: 'a', priority: 0 }] } as const;
    expect(judged(haRuled({ ...only, strict: true })).violations).to.deep.equal({ before: 1, after: 2 });
    expect(judged(haRuled({ ...only, strict: false })).forbidden[0]?.what).to.match(/move it back/);
    expect(judged(haRuled({ affinity: 'Positive' })).forbidden[0]?.what).to.match(/move others/);
  });

  it('counts guests left on drained nodes, stopped ones too', () => {
    const drained = { placement: { ...NO_PLACEMENT, drainNodes: ['a'] } };
    const state = world({ status: 'stopped' });
    expect(judged(state, [STEP], drained)).to.deep.include({
      undrained: { before: 2, after: 1 },
      forbidden: [],
    });
  });

  it('counts moves of a guest that the plan has moved before', () => {
    expect(judged(world(), [STEP, { vmid: 101, source: 'b', target: 'c' }]).again).to.equal(1);
  });

  it('lets companions move with a guest', () => {
    const { memoryBytes, moves } = judged(world(), [{ ...STEP, companions: [{ vmid: 102 }] }]);
    expect([memoryBytes, moves]).to.deep.equal([gib(20), 1]);
  });

  const stays: Readonly<Record<string, Partial<Guest>>> = {
    'with the ignore tag': { tags: ['pve-cslb-ignore'] },
    'with an excluded tag': { tags: ['pin-1'] },
    'of an excluded pool': { pool: 'test/x' },
    'that is locked': { lock: 'backup' },
    'with a task': { activeTask: 'vzdump' },
    'that settles': { settling: true },
    'that rests': { restsUntil: '2026-01-01T00:00:00Z' },
    'that is a template': { template: true },
    'that is paused': { status: 'paused' },
    'that is stopped': { status: 'stopped' },
    'that HA does not run': { ha: haService({ state: 'error' }) },
    'with a device': { examination: examined({ devices: ['hostpci0'] }) },
    'with a local disk': { examination: examined({ volumes: [volume({ local: true })] }) },
    'with guests that HA moves along': { examination: examined({ dependents: ['vm:102'] }) },
    'that Proxmox refuses to move': { examination: { kind: 'Refused', detail: 'locked' } },
  };
  for (const [name, traits] of Object.entries(stays)) {
    it(`forbids to move a guest ${name}`, () => {
      const exclusions = { tags: ['pin*'], pools: ['test/*'] };
      expect(judged(world(traits), [STEP], { exclusions }).forbidden).to.have.lengthOf(1);
    });
  }

  it('forbids to move excluded VMIDs and types, and running containers that must not restart', () => {
    expect(judged(world(), [STEP], { exclusions: { vmids: [101] } }).forbidden).to.have.lengthOf(1);
    expect(judged(world(), [STEP], { exclusions: { types: ['qemu'] } }).forbidden).to.have.lengthOf(1);
    expect(judged(world({ type: 'lxc' }), [STEP], { containers: 'Never' }).forbidden).to.have.lengthOf(1);
  });

  const nowhere: Readonly<Record<string, Partial<Guest>>> = {
    'it is not replicated to': { replicationTargets: ['c'] },
    'Proxmox does not allow': { examination: examined({ allowedNodes: ['c'] }) },
    'Proxmox refuses': { examination: examined({ refusals: [{ node: 'b', reasons: ['no storage'] }] }) },
    'without its storage': { examination: examined({ volumes: [volume({ storage: 'elsewhere' })] }) },
  };
  for (const [name, traits] of Object.entries(nowhere)) {
    it(`forbids a target that ${name}`, () => {
      expect(judged(world(traits)).forbidden).to.have.lengthOf(1);
    });
  }

  it('forbids targets that are away, excluded, drained, just started, older, or of another CPU', () => {
    const whenTarget = (target: Cluster['nodes'][number], traits: Partial<Guest> = {}) =>
      judged(world(traits, { nodes: [node('a'), target, node('c')] })).forbidden;
    expect(whenTarget(absentNode('b', 'Maintenance'))).to.have.lengthOf(1);
    expect(whenTarget(node('b', { uptimeSeconds: 200 }))).to.have.lengthOf(1);
    expect(whenTarget(node('b', { pveVersion: '9.1.1' }))).to.have.lengthOf(1);
    expect(whenTarget(node('b', { pveVersion: '9.1.10' }))).to.have.lengthOf(0);
    const host = { examination: examined({ cpu: { kind: 'Host', type: 'host' } }) };
    expect(whenTarget(node('b', { cpuModel: 'Other' }), host)).to.have.lengthOf(1);
    expect(whenTarget(node('b', { cpuFlags: ['aes'] }), host)).to.have.lengthOf(1);
    expect(whenTarget(node('b'), host)).to.have.lengthOf(0);
    expect(judged(world(), [STEP], { exclusions: { nodes: ['b'] } }).forbidden).to.have.lengthOf(1);
    const drained = { ...NO_PLACEMENT, drainNodes: ['b'] };
    expect(judged(world(), [STEP], { placement: drained }).forbidden).to.have.lengthOf(1);
  });

  it('forbids steps from where the guest is not, to where it is, and of guests that do not exist', () => {
    expect(judged(world(), [{ ...STEP, source: 'c' }]).forbidden).to.have.lengthOf(1);
    expect(judged(world(), [{ ...STEP, target: 'a' }]).forbidden).to.have.lengthOf(1);
    expect(judged(world(), [{ ...STEP, vmid: 999 }]).forbidden).to.have.lengthOf(1);
    expect(judged(world(), [STEP, STEP]).forbidden.map(({ step }) => step)).to.include(1);
  });
});
