import { expect } from 'chai';
import fc from 'fast-check';
import type { BalancePolicyStatus } from '../../../../src/api/generated/balance-policy.ts';
import type { PlannedMigration } from '../../../../src/balancing/plan.ts';
import {
  type End,
  withAdopted,
  withEnd,
  withIntent,
  withTask,
} from '../../../../src/controllers/balance-policy/migration-record.ts';
import { statusProblems } from '../../../support/crd-status.ts';

const TIME = Date.UTC(2026, 0, 1);
const TASK = { upid: 'UPID:1', startTime: TIME + 1_500 };
const DONE: End = { outcome: 'Succeeded', message: 'Migrated.', endTime: TIME + 60_000 };

function intent(
  id: string,
  status: BalancePolicyStatus = {},
  name = 'web',
  companions: PlannedMigration['companions'] = [],
): BalancePolicyStatus {
  const migration = {
    vmid: 100,
    type: 'qemu',
    name,
    source: 'pve1',
    target: 'pve2',
    memoryBytes: 2 ** 30,
    companions,
    reason: 'pve1 is the heaviest',
  } as const;
  return withIntent(status, { id, migration, identity: 'lab', afterUpid: 'UPID:0', proxmoxTime: TIME });
}

function companion(vmid: number, name: string) {
  return { vmid, type: 'qemu', name, memoryBytes: 1.5 * 2 ** 30 } as const;
}

describe('the record of migrations', () => {
  it('goes from intent over task to history', () => {
    const pending = intent('a');
    expect(pending).to.deep.equal({
      inFlight: 1,
      migrations: [
        {
          id: 'a',
          vmid: 100,
          type: 'qemu',
          name: 'web',
          source: 'pve1',
          target: 'pve2',
          memory: '1Gi',
          state: 'Pending',
          identity: 'lab',
          intentTime: '2026-01-01T00:00:00Z',
          afterUpid: 'UPID:0',
        },
      ],
    });
    const running = withTask(pending, 'a', TASK);
    expect(running.migrations?.[0]).to.include({
      state: 'Running',
      upid: 'UPID:1',
      startTime: '2026-01-01T00:00:01Z',
    });
    const ended = withEnd(running, 'a', DONE, 50);
    expect(ended).to.deep.equal({
      inFlight: 0,
      migrations: [],
      history: [
        {
          id: 'a',
          vmid: 100,
          type: 'qemu',
          name: 'web',
          source: 'pve1',
          target: 'pve2',
          memory: '1Gi',
          outcome: 'Succeeded',
          message: 'Migrated.',
          upid: 'UPID:1',
          startTime: '2026-01-01T00:00:01Z',
          endTime: '2026-01-01T00:01:00Z',
        },
      ],
      totals: { succeeded: 1, failed: 0 },
    });
    for (const status of [pending, running, ended])
      expect(statusProblems('BalancePolicy', status)).to.deep.equal([]);
  });

  it('takes each step twice without harm, and leaves a status without the entry alone', () => {
    const running = withTask(intent('a'), 'a', TASK);
    expect(withTask(running, 'a', TASK)).to.deep.equal(running);
    const ended = withEnd(running, 'a', DONE, 50);
    expect(withEnd(ended, 'a', DONE, 50)).to.equal(ended);
    expect(withTask(ended, 'a', TASK)).to.equal(ended);
    const wiped = {};
    expect(withTask(wiped, 'a', TASK)).to.equal(wiped);
    expect(withEnd(wiped, 'a', DONE, 50)).to.equal(wiped);
  });

  it('touches no other entry and no other field', () => {
    const two = intent('b', intent('a', { observedGeneration: 3, totals: { succeeded: 7, failed: 2 } }));
    const ended = withEnd(two, 'a', { ...DONE, outcome: 'Failed' }, 50);
    expect(ended.migrations).to.deep.equal([two.migrations?.[1]]);
    expect(ended).to.include({ observedGeneration: 3, inFlight: 1 });
    expect(ended.totals).to.deep.equal({ succeeded: 7, failed: 3 });
  });

  it('names who moves along from intent to history, and the memory of all', () => {
    const pending = intent('a', {}, 'web', [companion(101, 'db'), companion(102, 'x'.repeat(30))]);
    const named = {
      memory: '4Gi',
      companions: [
        { vmid: 101, type: 'qemu', name: 'db' },
        { vmid: 102, type: 'qemu', name: `${'x'.repeat(19)}…` },
      ],
    };
    expect(pending.migrations?.[0]).to.deep.include(named);
    const ended = withEnd(withTask(pending, 'a', TASK), 'a', DONE, 50);
    expect(ended.history?.[0]).to.deep.include(named);
    expect(statusProblems('BalancePolicy', pending)).to.deep.equal([]);
    expect(statusProblems('BalancePolicy', ended)).to.deep.equal([]);
  });

  it('keeps so much of the history that there is room for all companions', () => {
    let status: BalancePolicyStatus = {};
    const companions = Array.from({ length: 16 }, (_, index) => companion(200 + index, 'db'));
    for (let index = 0; index < 6; index += 1) {
      const group = index % 2 === 0 ? [] : companions;
      status = withEnd(intent(`id-${index}`, status, 'web', group), `id-${index}`, DONE, 50);
    }
    status = withEnd(intent('last', status, 'web', companions), 'last', DONE, 50);
    status = withEnd(intent('more', status, 'web', companions), 'more', DONE, 50);
    expect(status.history?.map(({ id }) => id)).to.deep.equal(['more', 'last', 'id-5', 'id-4']);
    expect(status.totals?.succeeded).to.equal(8);
  });

  it('adopts a task without its companions where there is no room for them', () => {
    const companions = Array.from({ length: 16 }, (_, index) => companion(200 + index, 'db'));
    let status: BalancePolicyStatus = {};
    for (let index = 0; index < 5; index += 1) {
      const entry = withTask(intent(`id-${index}`, {}, 'web', companions), `id-${index}`, {
        ...TASK,
        upid: `UPID:${index}`,
      }).migrations?.[0];
      if (entry) status = withAdopted(status, entry);
    }
    const counts = status.migrations?.map((entry) => entry.companions?.length ?? 0);
    expect(counts).to.deep.equal([16, 16, 16, 16, 0]);
  });

  it('adopts a task once', () => {
    const entry = withTask(intent('a'), 'a', TASK).migrations?.[0];
    if (!entry) throw new Error('there is no entry');
    const adopted = withAdopted({}, entry);
    expect(adopted).to.deep.equal({ migrations: [entry], inFlight: 1 });
    expect(withAdopted(adopted, { ...entry, id: 'other' })).to.equal(adopted);
  });

  for (const [outcome, succeeded, failed] of [
    ['Succeeded', 1, 0],
    ['Failed', 0, 1],
    ['Refused', 0, 1],
    ['NotStarted', 0, 0],
    ['Superseded', 0, 0],
    ['Unknown', 0, 0],
  ] as const) {
    it(`counts ${outcome} as ${succeeded} succeeded and ${failed} failed`, () => {
      expect(withEnd(intent('a'), 'a', { ...DONE, outcome }, 0).totals).to.deep.equal({ succeeded, failed });
    });
  }

  it('keeps the newest up to the limit, whatever the limit is, and counts them all', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 12 }), (limit, count) => {
        let status: BalancePolicyStatus = {};
        for (let index = 0; index < count; index += 1) {
          status = withEnd(intent(`id-${index}`, status), `id-${index}`, DONE, limit);
        }
        const newest = Array.from({ length: count }, (_, index) => `id-${index}`).toReversed();
        expect((status.history ?? []).map(({ id }) => id)).to.deep.equal(newest.slice(0, limit));
        expect(status.totals?.succeeded ?? 0).to.equal(count);
      }),
    );
  });

  it('stays within the bounds of the CRD, however long names and messages are', () => {
    const long = '🦑'.repeat(3_000);
    const ended = withEnd(withTask(intent('a', {}, long), 'a', TASK), 'a', { ...DONE, message: long }, 50);
    expect(statusProblems('BalancePolicy', ended)).to.deep.equal([]);
    expect(statusProblems('BalancePolicy', intent('a', {}, long))).to.deep.equal([]);
  });
});
