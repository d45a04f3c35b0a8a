import { expect } from 'chai';
import type { Cluster, Guest } from '../../../src/balancing/cluster.ts';
import { indexCluster } from '../../../src/balancing/cluster-index.ts';
import { haTargetBlock } from '../../../src/balancing/ha-placement.ts';
import {
  type HaRule,
  type HaService,
  NO_HA,
  type NodeAffinity,
} from '../../../src/balancing/high-availability.ts';
import { NO_PLACEMENT } from '../../../src/balancing/placement.ts';
import { absentNode, cluster, guest, haService, node } from '../../support/cluster-model.ts';

/** The nodes HA lets guest 101 go to. Guests 102 and 103 are on pve2 and pve3; pve4 is not known, pve5 offline. */
function allowedTargets(
  rules: readonly HaRule[],
  service: Partial<HaService> | 'NotManaged' = {},
  traits: Partial<Cluster> = {},
): readonly string[] {
  const ha: Guest['ha'] = service === 'NotManaged' ? undefined : haService(service);
  const model = cluster({
    nodes: [
      ...['pve1', 'pve2', 'pve3'].map((name) => node(name)),
      absentNode('pve4', 'Unknown'),
      absentNode('pve5', 'Offline'),
      absentNode('pve6', 'Maintenance'),
    ],
    guests: [guest(101, 'pve1', { ha }), guest(102, 'pve2'), guest(103, 'pve3')],
    ...traits,
    ha: { ...NO_HA, ...traits.ha, rules },
  });
  const index = indexCluster(model, NO_PLACEMENT);
  const [moving] = model.guests;
  if (!moving) throw new Error('the cluster lacks the guest');
  return ['pve1', 'pve2', 'pve3'].filter((name) => haTargetBlock(moving, name, index) === undefined);
}

function nodeRule(nodes: Record<string, number>, traits: Partial<NodeAffinity> = {}): NodeAffinity {
  return {
    kind: 'NodeAffinity',
    name: 'nodes',
    vmids: [101],
    nodes: Object.entries(nodes).map(([name, priority]) => ({ name, priority })),
    strict: false,
    affinity: 'Positive',
    ...traits,
  };
}

function apart(...vmids: readonly number[]): HaRule {
  return { kind: 'ResourceAffinity', name: 'apart', vmids, affinity: 'Negative' };
}

const ALL = ['pve1', 'pve2', 'pve3'];
const strict = { strict: true };
const negative = { affinity: 'Negative' } as const;
const noFailback = { failback: false };

const CASES: readonly (readonly [
  string,
  readonly string[],
  readonly HaRule[],
  (Partial<HaService> | 'NotManaged')?,
  Partial<Cluster>?,
])[] = [
  ['no rule', ALL, []],
  ['a rule for others', ALL, [nodeRule({ pve1: 0 }, { vmids: [102], strict: true })]],
  ['a strict node rule', ['pve1', 'pve2'], [nodeRule({ pve1: 0, pve2: 0 }, strict)]],
  [
    'a strict node rule without failback',
    ['pve1', 'pve2'],
    [nodeRule({ pve1: 0, pve2: 0 }, strict)],
    noFailback,
  ],
  ['a loose node rule, which failback enforces', ['pve1', 'pve2'], [nodeRule({ pve1: 0, pve2: 0 })]],
  ['a loose node rule without failback', ALL, [nodeRule({ pve1: 0, pve2: 0 })], noFailback],
  ['only the best class, with failback', ['pve2'], [nodeRule({ pve1: 1, pve2: 2, pve3: 1 }, strict)]],
  ['any class, without failback', ['pve1', 'pve2'], [nodeRule({ pve1: 1, pve2: 2 }, strict)], noFailback],
  ['the best class that has a node online', ['pve3'], [nodeRule({ pve3: 1, pve5: 2, pve6: 3, gone: 4 })]],
  ['none, while a better node may be online', [], [nodeRule({ pve3: 1, pve4: 2 })]],
  ['all, when no listed node is online', ALL, [nodeRule({ pve5: 1 })]],
  ['none, when no strictly listed node is online', [], [nodeRule({ pve5: 1 }, strict)]],
  [
    'a negative strict rule',
    ['pve1', 'pve2'],
    [nodeRule({ pve3: 0 }, { ...strict, ...negative })],
    noFailback,
  ],
  ['a negative loose rule', ['pve1', 'pve2'], [nodeRule({ pve3: 0 }, negative)]],
  ['a negative loose rule without failback', ALL, [nodeRule({ pve3: 0 }, negative)], noFailback],
  ['every rule at once', ['pve2'], [nodeRule({ pve1: 0, pve2: 0 }, strict), nodeRule({ pve1: 0 }, negative)]],
  ['not where a guest is that it is kept apart from', ['pve1', 'pve3'], [apart(101, 102)]],
  ['not where any of several are', ['pve1'], [apart(103, 102, 101)]],
  ['where guests are that others are kept apart from', ALL, [apart(102, 103)]],
  [
    'not where such a guest is on its way to',
    ['pve3'],
    [apart(101, 102)],
    {},
    { incoming: [{ node: 'pve1', vmid: 102, bytes: 1 }] },
  ],
  [
    'not where an unreadable one is',
    ['pve2', 'pve3'],
    [apart(101, 104)],
    {},
    { unreadable: [{ vmid: 104, node: 'pve1', detail: '' }] },
  ],
  [
    'not where HA has one that cannot be seen',
    ['pve1', 'pve2'],
    [apart(101, 104)],
    {},
    { ha: { ...NO_HA, services: [{ vmid: 104, node: 'pve3' }] } },
  ],
  [
    'together is no matter of targets',
    ALL,
    [{ kind: 'ResourceAffinity', name: 'together', vmids: [101, 102], affinity: 'Positive' }],
  ],
  [
    'rules do not bind guests that HA does not manage',
    ALL,
    [nodeRule({ pve1: 0 }, strict), apart(101, 102)],
    'NotManaged',
  ],
];

describe('HA lets a guest go to', () => {
  for (const [what, expected, rules, service, traits] of CASES) {
    it(what, () => expect(allowedTargets(rules, service, traits)).to.deep.equal(expected));
  }

  it('and names the first rule in the way, whatever their order', () => {
    const rules = [apart(101, 102), nodeRule({ pve1: 0 }, { ...strict, name: 'a-rule' })];
    for (const order of [rules, rules.toReversed()]) {
      const model = cluster({
        nodes: [node('pve1'), node('pve2')],
        guests: [guest(101, 'pve1', { ha: haService() }), guest(102, 'pve2')],
        ha: { ...NO_HA, rules: order },
      });
      const [moving] = model.guests;
      const block = moving && haTargetBlock(moving, 'pve2', indexCluster(model, NO_PLACEMENT));
      expect(block).to.deep.equal({ kind: 'HaNodeAffinity', rule: 'a-rule' });
    }
  });
});
