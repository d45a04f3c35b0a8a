import { expect } from 'chai';
import type { Cluster, Guest } from '../../../src/balancing/cluster.ts';
import { NO_HA } from '../../../src/balancing/high-availability.ts';
import { whyNoLongerPossible } from '../../../src/balancing/recheck.ts';
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
} from '../../support/cluster-model.ts';

const MIGRATION = {
  vmid: 101,
  type: 'qemu',
  name: 'vm-101',
  source: 'pve1',
  target: 'pve2',
  memoryBytes: gib(1),
  companions: [],
  reason: '',
} as const;

/** What is said of a planned migration on a cluster that has changed since. */
function whyNot(
  traits: Partial<Guest>,
  clusterTraits: Partial<Cluster> = {},
  policy: SettingsTraits = {},
): string | undefined {
  const model = cluster({
    nodes: [node('pve1'), node('pve2'), node('pve3')],
    guests: [guest(102, 'pve2'), guest(101, 'pve1', traits)],
    ...clusterTraits,
  });
  return whyNoLongerPossible(MIGRATION, model, settings(policy));
}

const CASES: readonly (readonly [
  string,
  string | undefined,
  Partial<Guest>,
  Partial<Cluster>?,
  SettingsTraits?,
])[] = [
  ['nothing has changed', undefined, {}],
  ['the guest is gone', 'the guest is gone or cannot be read', {}, { guests: [] }],
  ['it has another name', "VMID 101 is now another guest (qemu 'new')", { name: 'new' }],
  ['it is a container now', "VMID 101 is now another guest (lxc 'vm-101')", { type: 'lxc' }],
  ['it has moved', 'the guest is on pve3 now', { node: 'pve3' }],
  ['it is a template now', 'is a template', { template: true }],
  ['it was locked', 'locked (backup)', { lock: 'backup' }],
  ['it was stopped', 'not running but stopped', { status: 'stopped' }],
  ['the policy excludes it', 'excluded by VMID', {}, {}, { exclusions: { vmids: [101] } }],
  [
    'its closer look found something',
    'it uses devices of its node: usb0',
    { examination: examined({ devices: ['usb0'] }) },
  ],
  ['the target is gone', 'pve2 is not in the cluster any more', {}, { nodes: [node('pve1'), node('pve3')] }],
  [
    'the target is away',
    'pve2 is not available: the node is Offline',
    {},
    { nodes: [node('pve1'), absentNode('pve2', 'Offline')] },
  ],
  ['the target is excluded', 'pve2 is excluded', {}, {}, { exclusions: { nodes: ['pve2'] } }],
  [
    'the target has filled up',
    'pve2 has no room for its memory',
    {},
    { incoming: [{ node: 'pve2', vmid: 900, bytes: gib(100) }] },
  ],
  [
    'a guest came to the target that it is kept apart from',
    "its HA rule 'apart' keeps it apart from guest 102 on pve2",
    { ha: haService() },
    {
      ha: {
        ...NO_HA,
        rules: [{ kind: 'ResourceAffinity', name: 'apart', vmids: [101, 102], affinity: 'Negative' }],
      },
    },
  ],
];

describe('a planned migration', () => {
  for (const [what, reason, traits, clusterTraits, policy] of CASES) {
    it(`when ${what}: ${reason ?? 'may begin'}`, () =>
      expect(whyNot(traits, clusterTraits, policy)).to.equal(reason));
  }
});
