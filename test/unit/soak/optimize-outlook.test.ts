import { expect } from 'chai';
import type { GuestView, NodeView } from '../../../src/simulator/cluster-view.ts';
import type { GuestDocument, ScenarioDocument } from '../../../src/simulator/scenario/document.ts';
import { policySpec } from '../../support/policy-spec.ts';
import { lookAheadOfOptimize } from '../../support/soak/optimize-outlook.ts';
import type { Outlook } from '../../support/soak/tolerance-judge.ts';

const GIB = 1024 ** 3;

interface Invented {
  /** Nodes of 32 GiB and 16 CPUs; a guest takes 4 GiB and one CPU. By node: VMIDs. */
  readonly on: Readonly<Record<string, readonly number[]>>;
  readonly spec?: object;
  readonly rests?: readonly number[];
  readonly guests?: Readonly<Record<number, Partial<GuestView>>>;
  /** VMIDs that HA keeps together. */
  readonly together?: readonly number[];
}

function outlook({ on, spec = {}, rests = [], guests = {}, together = [] }: Invented): Outlook {
  const names = Object.keys(on);
  const made = names.flatMap((node) =>
    (on[node] ?? []).map(
      (vmid): GuestDocument => ({ vmid, type: 'qemu', node, cpus: 4, memory: '8Gi', ha: {} }),
    ),
  );
  const document: ScenarioDocument = {
    users: [],
    nodes: names.map((name) => ({ name, cpus: 16, cores: 8, sockets: 1, mhz: 2600, memory: '32Gi' })),
    guests: made,
    ha: {
      rules: [
        {
          name: 'together',
          type: 'resource-affinity',
          affinity: 'positive',
          resources: together.map((vmid) => `vm:${vmid}`),
        },
      ],
    },
  };
  const views = made.map(
    ({ vmid, type, node }): GuestView => ({
      vmid,
      type,
      name: `guest-${vmid}`,
      node,
      status: 'running',
      lock: undefined,
      haState: together.includes(vmid) ? 'started' : undefined,
      cpu: 0.25,
      memoryBytes: 4 * GIB,
      hostMemoryBytes: 4 * GIB,
      ...guests[vmid],
    }),
  );
  const nodes = names.map((name): NodeView => {
    const here = views.filter(({ node }) => node === name);
    const usedBytes = here.reduce((sum, { hostMemoryBytes }) => sum + hostMemoryBytes, 0);
    return {
      name,
      online: true,
      haState: 'online',
      uptimeSeconds: 36_000,
      cpus: 16,
      cpu: here.length / 16,
      loadAverage: [1, 1, 1],
      memoryUsedBytes: usedBytes,
      memoryArrivedBytes: 0,
      memoryTotalBytes: 32 * GIB,
      memoryFreeBytes: 32 * GIB - usedBytes,
      ksmSharedBytes: 0,
      guests: here.length,
    };
  });
  const policy = {
    apiVersion: 'pve-cslb.io/v1alpha1',
    kind: 'BalancePolicy',
    metadata: { name: 'soak', namespace: 'lab', uid: 'uid-1', resourceVersion: '1' },
    spec: policySpec({
      clusterRef: { name: 'soak' },
      strategy: 'Optimize',
      weights: { cpu: 0, memory: 1 },
      ...spec,
    }),
  } as const;
  const moment = {
    guests: new Map(views.map((guest) => [guest.vmid, guest])),
    nodes: new Map(nodes.map((node) => [node.name, node])),
    running: [],
    asked: [],
    steady: true,
  };
  const situation = {
    now: 0,
    policy,
    cooldowns: [],
    underWay: 0,
    moment,
    tasks: [],
    user: 'balancer@pve!operator',
  };
  return lookAheadOfOptimize(document)(situation, new Map(rests.map((vmid) => [vmid, 'later'])));
}

const UNEVEN = { pve1: [100, 101, 102, 103, 104], pve2: [], pve3: [105] };
const EVEN = { pve1: [100, 101], pve2: [102, 103], pve3: [104] };

describe('what the soak expects of Optimize', () => {
  it('is quiet where everything is as it is to be', () => {
    expect(outlook({ on: EVEN })).to.deep.equal({ balanced: true, due: undefined });
  });

  it('is to come within the tolerance where moves lead there', () => {
    const { balanced, due } = outlook({ on: UNEVEN });
    expect(balanced).to.equal(false);
    expect(due).to.match(/^\d+ → pve2, .* would bring the cluster within tolerance$/);
  });

  it('is nothing where too few guests may move, more would have to than may in a run, or too little is gained', () => {
    const nothing = { balanced: false, due: undefined };
    expect(outlook({ on: UNEVEN, rests: [100, 101, 102, 103] })).to.deep.equal(nothing);
    expect(outlook({ on: UNEVEN, spec: { maxMigrations: 1 } })).to.deep.equal(nothing);
    const spec = { stabilization: { minimumGain: '50%' } };
    expect(outlook({ on: UNEVEN, spec })).to.deep.equal(nothing);
  });

  it('is not certain of a spread that is at the tolerance', () => {
    const spec = { tolerance: '12.5%' };
    expect(outlook({ on: EVEN, spec })).to.deep.equal({ balanced: undefined, due: undefined });
  });

  it('is to empty drained nodes of what may leave, and to find them wanting before', () => {
    const spec = { placement: { drainNodes: ['pve3'] } };
    expect(outlook({ on: EVEN, spec })).to.deep.equal({
      balanced: false,
      due: '104 → pve1 would restore a rule or leave a drained node',
    });
    const guests = { 104: { lock: 'backup' } };
    expect(outlook({ on: EVEN, spec, guests })).to.deep.equal({ balanced: false, due: undefined });
    const emptied = { pve1: [100, 101], pve2: [102, 103], pve3: [] };
    expect(outlook({ on: emptied, spec })).to.deep.equal({ balanced: true, due: undefined });
  });

  it('is to restore rules', () => {
    const rules = [{ name: 'db', type: 'AntiAffinity', guests: { vmids: [100, 101] } }];
    const { balanced, due } = outlook({ on: EVEN, spec: { placement: { rules } } });
    expect(balanced).to.equal(false);
    expect(due).to.contain('100 → pve3 would restore a rule');
  });

  it('leaves what is only preferred open', () => {
    const guests = { vmids: [100, 101] };
    const rules = [{ name: 'db', type: 'AntiAffinity', guests, enforcement: 'Preferred' }];
    const found = outlook({ on: EVEN, spec: { placement: { rules } } });
    expect(found).to.deep.equal({ balanced: undefined, due: undefined });
  });

  it('is to move guests that HA keeps together as one, where there is room for all', () => {
    const on = { pve1: [100, 101], pve2: [102, 103, 104, 105], pve3: [106, 107, 108, 109, 110, 111, 112] };
    const spec = { tolerance: '100%', placement: { drainNodes: ['pve1'] } };
    const { due } = outlook({ on, spec, together: [100, 101] });
    expect(due).to.equal('100 → pve2 would restore a rule or leave a drained node');
    const full = { ...on, pve2: [102, 103, 104, 105, 113, 114, 115] };
    expect(outlook({ on: full, spec, together: [100, 101] }).due).to.equal(undefined);
    expect(outlook({ on, spec, together: [100, 101], rests: [101] }).due).to.equal(undefined);
  });
});
