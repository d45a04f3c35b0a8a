import { expect } from 'chai';
import type { CooldownEntry } from '../../../src/api/generated/balance-policy.ts';
import type { StoredPolicy } from '../../../src/controllers/resources.ts';
import type { GuestView, NodeView, TaskView } from '../../../src/simulator/cluster-view.ts';
import type { ScenarioDocument } from '../../../src/simulator/scenario/document.ts';
import { OPERATOR_TOKEN } from '../../support/balance-scenario.ts';
import { policySpec } from '../../support/policy-spec.ts';
import { lookAheadOfCslb } from '../../support/soak/cslb-outlook.ts';
import type { Moment } from '../../support/soak/moment.ts';
import { createToleranceJudge, type Situation } from '../../support/soak/tolerance-judge.ts';

const GIB = 1024 ** 3;
const NOON = Date.UTC(2026, 0, 1, 12);
const MINUTE_MS = 60_000;
const COOLDOWN_MS = 60 * MINUTE_MS;

// pve1 has four guests and the others one each: CSLB moves 100, the lightest by number, to pve2.
const NODES = ['pve1', 'pve1', 'pve1', 'pve1', 'pve2', 'pve3', 'pve4'];
const DOCUMENT: ScenarioDocument = {
  users: [],
  nodes: ['pve1', 'pve2', 'pve3', 'pve4'].map((name) => ({
    name,
    cpus: 16,
    cores: 8,
    sockets: 1,
    mhz: 2600,
    memory: '64Gi',
  })),
  guests: NODES.map((node, index) => ({ vmid: 100 + index, type: 'qemu', node, cpus: 4, memory: '8Gi' })),
};

function momentOf(evenly: boolean): Moment {
  const guests = (DOCUMENT.guests ?? []).map(
    ({ vmid, type, node }): GuestView => ({
      vmid,
      type,
      name: `guest-${vmid}`,
      node,
      status: 'running',
      lock: undefined,
      haState: undefined,
      cpu: 0.25,
      memoryBytes: GIB,
      hostMemoryBytes: GIB,
    }),
  );
  const nodes = DOCUMENT.nodes.map(({ name }): NodeView => {
    const load = evenly || name !== 'pve1' ? 1 : 6;
    return {
      name,
      online: true,
      haState: 'online',
      uptimeSeconds: 36_000,
      cpus: 16,
      cpu: load / 16,
      loadAverage: [load, load, load],
      memoryUsedBytes: 8 * load * GIB,
      memoryArrivedBytes: 0,
      memoryTotalBytes: 64 * GIB,
      memoryFreeBytes: (60 - 8 * load) * GIB,
      ksmSharedBytes: 0,
      guests: 2,
    };
  });
  return {
    guests: new Map(guests.map((guest) => [guest.vmid, guest])),
    nodes: new Map(nodes.map((node) => [node.name, node])),
    running: [],
    asked: [],
    steady: true,
  };
}

function time(minute: number): number {
  return NOON + minute * MINUTE_MS;
}

function task(vmid: number, minute: number): TaskView {
  return {
    upid: `UPID:${vmid}:${minute}`,
    node: 'pve1',
    type: 'qmigrate',
    user: OPERATOR_TOKEN.id,
    vmid,
    source: 'pve1',
    target: 'pve2',
    startTime: time(minute),
    endTime: time(minute) + 20_000,
    exitStatus: 'OK',
    log: [],
  };
}

interface Told {
  readonly evaluated: number;
  readonly now?: number;
  readonly evenly?: boolean;
  readonly balanced?: 'True' | 'False' | 'Unknown';
  readonly reason?: string;
  readonly tasks?: readonly TaskView[];
  readonly cooldowns?: readonly CooldownEntry[];
  readonly underWay?: number;
}

function situationOf({
  evaluated,
  now = evaluated,
  evenly = false,
  balanced = 'False',
  reason = 'Imbalanced',
  tasks = [],
  cooldowns = [],
  underWay = 0,
}: Told): Situation {
  const at = new Date(time(evaluated)).toISOString().replace('.000', '');
  const common = { message: '', lastTransitionTime: at, observedGeneration: 1 };
  const policy: StoredPolicy = {
    apiVersion: 'pve-cslb.io/v1alpha1',
    kind: 'BalancePolicy',
    metadata: { name: 'soak', namespace: 'lab', uid: 'uid-1', resourceVersion: '1' },
    spec: policySpec({ clusterRef: { name: 'soak' } }),
    status: {
      lastEvaluationTime: at,
      conditions: [
        { type: 'Balanced', status: balanced, reason, ...common },
        { type: 'Ready', status: 'True', reason, ...common },
      ],
    },
  };
  return {
    now: time(now),
    policy,
    cooldowns,
    underWay,
    moment: momentOf(evenly),
    tasks,
    user: OPERATOR_TOKEN.id,
  };
}

function judge(...told: readonly Told[]) {
  const tolerance = createToleranceJudge(lookAheadOfCslb(DOCUMENT), COOLDOWN_MS);
  tolerance.look(situationOf({ evaluated: 0 }));
  for (const each of told) tolerance.look(situationOf(each));
  return tolerance;
}

describe('the judge of the tolerance in the soak', () => {
  it('has nothing against an evaluation that begins what CSLB would move', () => {
    const { broken, judged, acted } = judge(
      { evaluated: 10 },
      { evaluated: 10, now: 11, tasks: [task(100, 10)] },
    );
    expect([broken, judged, acted]).to.deep.equal([[], 1, 1]);
  });

  it('has nothing against leaving a balanced cluster alone', () => {
    const told = { evenly: true, balanced: 'True' } as const;
    const { broken, judged, acted } = judge({ evaluated: 10, ...told }, { evaluated: 20, ...told });
    expect([broken, judged, acted]).to.deep.equal([[], 2, 0]);
  });

  it('sees that nothing was moved', () => {
    const { broken } = judge({ evaluated: 10 }, { evaluated: 10, now: 12 });
    expect(broken).to.have.length(1);
    expect(broken[0]).to.contain('CSLB would move 100 pve1 → pve2: nothing was moved');
  });

  it('sees that the conditions say what is not so', () => {
    expect(judge({ evaluated: 10, evenly: true, balanced: 'False' }).broken).to.have.length(1);
    expect(judge({ evaluated: 10, balanced: 'True' }).broken).to.have.length(1);
    expect(judge({ evaluated: 10, balanced: 'Unknown' }).broken).to.have.length(1);
  });

  it('lets guests rest that were moved lately, and no others', () => {
    const all = [100, 101, 102, 103];
    const cooldowns = all.map((vmid): CooldownEntry => {
      const until = new Date(time(60)).toISOString().replace('.000', '');
      return { vmid, type: 'qemu', until, failures: 0 };
    });
    const moved = all.map((vmid) => task(vmid, 1));
    const rests = { evaluated: 10, cooldowns, tasks: moved };
    expect(judge(rests, { ...rests, now: 15 }).broken).to.deep.equal([]);
    const idle = { evaluated: 10, cooldowns };
    expect(judge(idle, { ...idle, now: 15 }).broken).to.have.length(1);
  });

  it('lets a policy pause that says that its migrations fail', () => {
    const told = { evaluated: 10, reason: 'MigrationsFailing' };
    expect(judge(told, { ...told, now: 15 }).broken).to.deep.equal([]);
  });

  it('sees too few evaluations, and does not judge what was found before the stretch', () => {
    const tolerance = judge();
    tolerance.end(situationOf({ evaluated: 0, now: 60 }), 1);
    expect(tolerance.broken).to.deep.equal(['0 evaluations in a calm stretch that has time for 1']);
    expect(tolerance.judged).to.equal(0);
  });

  it('tells whether anything is left to do', () => {
    const tolerance = createToleranceJudge(lookAheadOfCslb(DOCUMENT), COOLDOWN_MS);
    expect(tolerance.isAtRest(situationOf({ evaluated: 0 }))).to.equal(false);
    expect(tolerance.isAtRest(situationOf({ evaluated: 0, evenly: true }))).to.equal(true);
    // What HA has queued runs as no task yet, and is in no history.
    expect(tolerance.isAtRest(situationOf({ evaluated: 0, evenly: true, underWay: 1 }))).to.equal(false);
  });
});
