import { expect } from 'chai';
import type { GuestView, NodeView, TaskView } from '../../../src/simulator/cluster-view.ts';
import { createRandom } from '../../../src/simulator/random.ts';
import { policySpec } from '../../support/policy-spec.ts';
import type { Moment } from '../../support/soak/moment.ts';
import { brokenRules, type MoveCase, RULE_NAMES, type RuleName } from '../../support/soak/move-judge.ts';
import { soakCluster } from '../../support/soak/soak-cluster.ts';
import { POLICIES } from '../../support/soak/soak-objects.ts';

const GIB = 1024 ** 3;
const spec = policySpec({ ...POLICIES.soak, clusterRef: { name: 'soak' } });
const documents = {
  '8.4': soakCluster(createRandom(1), 1, '8.4'),
  '9.1': soakCluster(createRandom(1), 1, '9.1'),
};

/** A moment of the soak's cluster at which everything is well. */
function momentOf(changes: {
  readonly guests?: Readonly<Record<number, Partial<GuestView>>>;
  readonly nodes?: Readonly<Record<string, Partial<NodeView>>>;
  readonly running?: readonly TaskView[];
  readonly asked?: Moment['asked'];
}): Moment {
  const document = documents['9.1'];
  const guests = (document.guests ?? []).map((made): GuestView => {
    const { vmid, type, name = '', node, status = 'running', ha } = made;
    const haState = ha ? 'started' : undefined;
    const usual = { lock: undefined, cpu: 0.1, memoryBytes: GIB, hostMemoryBytes: GIB };
    return { vmid, type, name, node, status, haState, ...usual, ...changes.guests?.[vmid] };
  });
  const nodes = document.nodes.map(
    ({ name, cpus }): NodeView => ({
      name,
      online: true,
      haState: 'online',
      uptimeSeconds: 36_000,
      cpus,
      cpu: 0.1,
      loadAverage: [1, 1, 1],
      memoryUsedBytes: 8 * GIB,
      memoryArrivedBytes: 0,
      memoryTotalBytes: 64 * GIB,
      memoryFreeBytes: 50 * GIB,
      ksmSharedBytes: 0,
      guests: 6,
      ...changes.nodes?.[name],
    }),
  );
  return {
    guests: new Map(guests.map((guest) => [guest.vmid, guest])),
    nodes: new Map(nodes.map((node) => [node.name, node])),
    running: changes.running ?? [],
    asked: changes.asked ?? [],
    steady: true,
  };
}

interface Invented {
  readonly move: readonly [vmid: number, source: string, target: string];
  readonly release?: '8.4' | '9.1';
  readonly changes?: Parameters<typeof momentOf>[0];
  readonly spec?: Partial<MoveCase['spec']>;
}

function verdict({ move, release = '9.1', changes = {}, spec: other = {} }: Invented): readonly RuleName[] {
  const [vmid, source, target] = move;
  const broken = brokenRules({
    move: { upid: `UPID:${vmid}`, vmid, source, target },
    moment: momentOf({
      ...changes,
      guests: { ...changes.guests, [vmid]: { node: source, ...changes.guests?.[vmid] } },
    }),
    document: documents[release],
    spec: { ...spec, ...other },
  });
  return broken.map(({ rule }) => rule);
}

function running(vmid: number, source: string, target: string): TaskView {
  return {
    upid: `UPID:other:${vmid}`,
    node: source,
    type: 'qmigrate',
    user: 'root@pam',
    vmid,
    source,
    target,
    startTime: 0,
    endTime: undefined,
    exitStatus: undefined,
    log: [],
  };
}

function optimizing(placement: object = {}): Partial<MoveCase['spec']> {
  const { strategy, placement: full } = policySpec({ strategy: 'Optimize', placement });
  return { strategy, placement: full };
}

const KEPT_APART = optimizing({
  rules: [{ name: 'db', type: 'AntiAffinity', guests: { vmids: [100, 101] } }],
});
const TWO_EACH = { ...spec.migration, concurrency: { total: 2, perNode: 2 } };

/** Of each rule a move that breaks it and no other. */
const VIOLATIONS: Readonly<Record<RuleName, readonly (readonly [string, Invented])[]>> = {
  state: [
    ['a paused VM', { move: [214, 'pve5', 'pve1'] }],
    ['a stopped VM', { move: [221, 'pve2', 'pve1'] }],
    [
      'a stopped VM of another node than the drained one',
      { move: [221, 'pve2', 'pve1'], spec: optimizing({ drainNodes: ['pve3'] }) },
    ],
  ],
  lock: [
    ['a locked guest', { move: [100, 'pve1', 'pve2'], changes: { guests: { 100: { lock: 'backup' } } } }],
    [
      'a locked guest that HA moves along',
      {
        move: [206, 'pve4', 'pve5'],
        spec: optimizing(),
        changes: { guests: { 207: { lock: 'backup' } } },
      },
    ],
  ],
  container: [
    [
      'a container of a policy that restarts none',
      {
        move: [104, 'pve1', 'pve2'],
        spec: { migration: { ...spec.migration, containers: 'Never' } },
        changes: { guests: { 104: { node: 'pve1' } } },
      },
    ],
  ],
  excludedVmid: [['a VMID', { move: [215, 'pve2', 'pve1'] }]],
  excludedType: [
    ['a type', { move: [104, 'pve1', 'pve2'], spec: { exclusions: { ...spec.exclusions, types: ['lxc'] } } }],
  ],
  excludedTag: [
    ['a tag by glob', { move: [216, 'pve3', 'pve1'] }],
    ['the tag that always excludes', { move: [213, 'pve4', 'pve1'] }],
  ],
  excludedPool: [['a pool by glob', { move: [217, 'pve5', 'pve1'] }]],
  excludedNode: [
    ['a source', { move: [219, 'pve6', 'pve1'] }],
    ['a target', { move: [100, 'pve1', 'pve6'] }],
  ],
  maintenance: [
    ['a target', { move: [100, 'pve1', 'pve2'], changes: { nodes: { pve2: { haState: 'maintenance' } } } }],
    ['a source', { move: [100, 'pve1', 'pve2'], changes: { nodes: { pve1: { haState: 'maintenance' } } } }],
  ],
  nodeDown: [
    ['a target', { move: [100, 'pve1', 'pve2'], changes: { nodes: { pve2: { online: false } } } }],
    ['a source', { move: [100, 'pve1', 'pve2'], changes: { nodes: { pve1: { online: false } } } }],
  ],
  nodeYoung: [
    ['a target', { move: [100, 'pve1', 'pve2'], changes: { nodes: { pve2: { uptimeSeconds: 299 } } } }],
  ],
  passthrough: [['a PCI device', { move: [212, 'pve1', 'pve2'] }]],
  localDisk: [['a disk of its node', { move: [210, 'pve2', 'pve1'] }]],
  storage: [['a storage that the target lacks', { move: [208, 'pve1', 'pve4'] }]],
  room: [
    [
      'a full target',
      { move: [100, 'pve1', 'pve2'], changes: { nodes: { pve2: { memoryUsedBytes: 63.5 * GIB } } } },
    ],
    [
      'a target with room for one of two that move together',
      {
        move: [206, 'pve4', 'pve5'],
        spec: optimizing(),
        changes: { nodes: { pve5: { memoryUsedBytes: 62.5 * GIB } } },
      },
    ],
    [
      'a target whose reserve it takes',
      {
        move: [100, 'pve1', 'pve2'],
        spec: optimizing({ reserve: { memory: '50%' } }),
        changes: { nodes: { pve2: { memoryUsedBytes: 31.5 * GIB } } },
      },
    ],
    [
      'a target to which HA was asked to move another',
      {
        move: [100, 'pve1', 'pve2'],
        changes: {
          nodes: { pve2: { memoryUsedBytes: 62.5 * GIB } },
          asked: [{ vmid: 206, target: 'pve2' }],
        },
      },
    ],
    [
      'a target that what is on its way will fill',
      {
        move: [100, 'pve1', 'pve2'],
        changes: {
          nodes: { pve2: { memoryUsedBytes: 62.5 * GIB } },
          running: [running(101, 'pve3', 'pve2')],
        },
        spec: { migration: { ...spec.migration, concurrency: { total: 2, perNode: 2 } } },
      },
    ],
  ],
  drained: [['a drained target', { move: [100, 'pve1', 'pve2'], spec: optimizing({ drainNodes: ['*2'] }) }]],
  pin: [
    [
      'a node that is not of its pin',
      {
        move: [100, 'pve1', 'pve2'],
        spec: optimizing({
          rules: [{ name: 'on', type: 'Pin', guests: { vmids: [100] }, nodes: ['pve1', 'pve3'] }],
        }),
      },
    ],
  ],
  keptApart: [
    [
      'one of its rule on the target',
      { move: [100, 'pve1', 'pve2'], spec: KEPT_APART, changes: { guests: { 101: { node: 'pve2' } } } },
    ],
    [
      'one of its rule under way, though elsewhere',
      {
        move: [100, 'pve1', 'pve2'],
        spec: KEPT_APART,
        changes: { guests: { 101: { node: 'pve3' } }, running: [running(101, 'pve3', 'pve4')] },
      },
    ],
  ],
  keptTogether: [
    [
      'one that leaves the others of its rule',
      {
        move: [100, 'pve1', 'pve2'],
        spec: optimizing({ rules: [{ name: 'with', type: 'Affinity', guests: { vmids: [100, 101] } }] }),
        changes: { guests: { 101: { node: 'pve1' } } },
      },
    ],
  ],
  concurrency: [
    [
      'a group that is more than a node may have, beside another',
      {
        move: [206, 'pve4', 'pve5'],
        spec: optimizing(),
        changes: { running: [running(101, 'pve1', 'pve2')] },
      },
    ],
    [
      'a group that leaves too few for another',
      {
        move: [206, 'pve4', 'pve5'],
        spec: { ...optimizing(), migration: TWO_EACH },
        changes: { running: [running(101, 'pve1', 'pve2')] },
      },
    ],
    [
      'a node with another migration',
      { move: [100, 'pve1', 'pve2'], changes: { running: [running(101, 'pve3', 'pve2')] } },
    ],
    [
      'too many altogether',
      {
        move: [100, 'pve1', 'pve2'],
        changes: { running: [running(101, 'pve3', 'pve4'), running(102, 'pve5', 'pve6')] },
      },
    ],
  ],
  haState: [
    [
      'a guest that HA is about to move',
      { move: [103, 'pve1', 'pve2'], changes: { guests: { 103: { haState: 'migrate' } } } },
    ],
  ],
  nodeAffinity: [
    ['a strict rule', { move: [200, 'pve1', 'pve3'] }],
    ['a rule that wants the guest elsewhere', { move: [202, 'pve3', 'pve5'] }],
    ['a rule that prefers another node', { move: [202, 'pve3', 'pve4'] }],
    ['a restricted group of 8.4', { move: [200, 'pve1', 'pve3'], release: '8.4' }],
    ['a group of 8.4 that prefers another node', { move: [202, 'pve3', 'pve4'], release: '8.4' }],
  ],
  apart: [
    ['a partner on the target', { move: [203, 'pve3', 'pve4'] }],
    [
      'a partner on its way to the target',
      {
        move: [203, 'pve3', 'pve1'],
        changes: { running: [running(204, 'pve4', 'pve1')] },
        spec: { migration: { ...spec.migration, concurrency: { total: 2, perNode: 2 } } },
      },
    ],
  ],
  together: [
    ['a guest that must stay with another', { move: [206, 'pve4', 'pve5'] }],
    [
      'a group that is not on one node',
      {
        move: [206, 'pve4', 'pve5'],
        spec: optimizing(),
        changes: { guests: { 207: { node: 'pve1' } } },
      },
    ],
  ],
};

describe('the judge of moves in the soak', () => {
  for (const rule of RULE_NAMES) {
    for (const [name, invented] of VIOLATIONS[rule]) {
      it(`sees ${rule} broken: ${name}`, () => {
        expect(verdict(invented)).to.deep.equal([rule]);
      });
    }
  }

  for (const [name, invented] of [
    ['a VM', { move: [100, 'pve1', 'pve2'] }],
    ['a container that may be restarted', { move: [104, 'pve1', 'pve2'] }],
    ['a guest of HA without rules', { move: [103, 'pve1', 'pve2'] }],
    ['all that HA keeps together', { move: [206, 'pve4', 'pve5'], spec: optimizing() }],
    [
      'the stopped guests of a drained node',
      { move: [221, 'pve2', 'pve1'], spec: optimizing({ drainNodes: ['pve2'] }) },
    ],
    [
      'what has come already, and does not need its room twice',
      {
        move: [100, 'pve1', 'pve2'],
        spec: { migration: TWO_EACH },
        changes: {
          nodes: { pve2: { memoryUsedBytes: 62.5 * GIB, memoryArrivedBytes: 0.75 * GIB } },
          running: [running(101, 'pve3', 'pve2')],
        },
      },
    ],
    [
      'a guest that joins the others of its rule',
      {
        move: [100, 'pve1', 'pve2'],
        spec: optimizing({ rules: [{ name: 'with', type: 'Affinity', guests: { vmids: [100, 101] } }] }),
        changes: { guests: { 101: { node: 'pve2' } } },
      },
    ],
    ['a guest within the nodes of its rule', { move: [200, 'pve1', 'pve2'] }],
    ['a guest within the nodes of its group', { move: [200, 'pve1', 'pve2'], release: '8.4' }],
    [
      'a guest whose better nodes are off',
      { move: [202, 'pve1', 'pve4'], changes: { nodes: { pve3: { online: false } } } },
    ],
    ['a guest to a node without its partners', { move: [203, 'pve3', 'pve1'] }],
    ['guests of rules that 8.4 does not have', { move: [206, 'pve4', 'pve5'], release: '8.4' }],
    ['a guest to a node that has its storage', { move: [208, 'pve1', 'pve2'] }],
    ['a guest whose pool is only near to an excluded one', { move: [218, 'pve4', 'pve1'] }],
    [
      'a guest of a policy that copies local disks',
      { move: [210, 'pve2', 'pve1'], spec: { migration: { ...spec.migration, localDisks: true } } },
    ],
  ] as const satisfies readonly (readonly [string, Invented])[]) {
    it(`has nothing against ${name}`, () => {
      expect(verdict(invented)).to.deep.equal([]);
    });
  }
});
