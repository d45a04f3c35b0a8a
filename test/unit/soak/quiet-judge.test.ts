import { expect } from 'chai';
import type { TaskView } from '../../../src/simulator/cluster-view.ts';
import { policySpec } from '../../support/policy-spec.ts';
import { createQuietJudge } from '../../support/soak/quiet-judge.ts';
import type { Situation } from '../../support/soak/tolerance-judge.ts';

const NOON = Date.UTC(2026, 0, 1, 12);
const MINUTE_MS = 60_000;
const USER = 'balancer@pve!operator';

interface Told {
  readonly minute: number;
  readonly generation?: number;
  readonly reason?: string;
  readonly resting?: readonly number[];
  /** When tasks of ours were begun. */
  readonly begun?: readonly number[];
}

function task(minute: number): TaskView {
  return {
    upid: `UPID:${minute}`,
    node: 'pve1',
    type: 'qmigrate',
    user: USER,
    vmid: 100,
    source: 'pve1',
    target: 'pve2',
    startTime: NOON + minute * MINUTE_MS + 5_000,
    endTime: undefined,
    exitStatus: undefined,
    log: [],
  };
}

function situationOf({
  minute,
  generation = 1,
  reason = 'Balanced',
  resting = [],
  begun = [],
}: Told): Situation {
  const now = NOON + minute * MINUTE_MS;
  const at = new Date(now).toISOString().replace('.000', '');
  const ready = { type: 'Ready', status: 'True', reason, message: '', lastTransitionTime: at } as const;
  return {
    now,
    policy: {
      apiVersion: 'pve-cslb.io/v1alpha1',
      kind: 'BalancePolicy',
      metadata: { name: 'soak', namespace: 'lab', uid: 'uid-1', resourceVersion: '1', generation },
      spec: policySpec({ clusterRef: { name: 'soak' } }),
      status: { lastEvaluationTime: at, conditions: [{ ...ready, observedGeneration: generation }] },
    },
    cooldowns: resting.map((vmid) => ({ vmid, type: 'qemu', until: '2026-01-02T00:00:00Z', failures: 0 })),
    moment: { guests: new Map(), nodes: new Map(), running: [], asked: [], steady: true },
    underWay: 0,
    tasks: begun.map(task),
    user: USER,
  };
}

function judge(...told: readonly Told[]) {
  const quiet = createQuietJudge();
  for (const each of told) quiet.look(situationOf(each));
  return quiet;
}

describe('the judge of quiet in the soak', () => {
  it('has nothing against evaluations that begin nothing', () => {
    const { broken, judged } = judge({ minute: 0 }, { minute: 10 }, { minute: 20 }, { minute: 30 });
    expect([broken, judged]).to.deep.equal([[], 2]);
  });

  it('sees that something was begun though nothing had changed', () => {
    const { broken } = judge({ minute: 0 }, { minute: 10 }, { minute: 20 }, { minute: 30, begun: [20] });
    expect(broken).to.have.length(1);
    expect(broken[0]).to.contain('UPID:20 was begun after');
  });

  it('does not count what was found before the stretch', () => {
    expect(judge({ minute: 0 }, { minute: 10 }, { minute: 20, begun: [10] }).broken).to.deep.equal([]);
  });

  it('allows moves after a change, after moves, and after a pause', () => {
    const before = { minute: -10 };
    const told = [
      [before, { minute: 0 }, { minute: 10, generation: 2 }, { minute: 20, begun: [10] }],
      [before, { minute: 0, resting: [100] }, { minute: 10 }, { minute: 20, begun: [10] }],
      [before, { minute: 0 }, { minute: 10, begun: [0] }, { minute: 20, begun: [0, 10] }],
      [before, { minute: 0, reason: 'MigrationsFailing' }, { minute: 10 }, { minute: 20, begun: [10] }],
    ];
    expect(told.flatMap((each) => judge(...each).broken)).to.deep.equal([]);
  });
});
