import { expect } from 'chai';
import fc from 'fast-check';
import {
  isGroupApart,
  type QueuedGuest,
  settleGroup,
} from '../../../../src/controllers/balance-policy/settle-group.ts';
import type { QueuedObservation } from '../../../../src/controllers/balance-policy/settle-queued.ts';
import type { GuestReading } from '../../../../src/controllers/proxmox-cluster.ts';
import { formatUpid } from '../../../../src/proxmox/upid.ts';

const QUEUED = Date.parse('2026-03-01T12:00:00Z');
const SECOND_MS = 1_000;
const ABSENT: GuestReading = { kind: 'Absent', proxmoxTime: QUEUED };

type Where = 'Source' | 'Target' | 'Neither';

interface State {
  readonly where: Where;
  readonly haState?: string;
  /** Seconds after the request. */
  readonly arrived?: number;
  readonly task?: 'running' | 'OK' | 'migration aborted';
}

function present(haState: string): GuestReading {
  const rest = { template: false, memoryBytes: 0, proxmoxTime: QUEUED, status: 'running', name: 'a' };
  return { kind: 'Present', haManaged: true, haState, lock: undefined, ...rest };
}

function taskOf(vmid: number, running: boolean) {
  const startTime = QUEUED + 20 * SECOND_MS;
  const parts = {
    node: 'pve1',
    pid: 1,
    processStart: 1,
    type: 'qmigrate',
    id: String(vmid),
    user: 'root@pam',
  };
  return {
    upid: formatUpid({ ...parts, startTime }),
    vmid,
    node: 'pve1',
    user: 'root@pam',
    startTime,
    running,
  };
}

function groupOf(seconds: number, states: readonly State[]): readonly QueuedGuest[] {
  return states.map(({ where, haState = 'started', arrived, task }, index) => {
    const vmid = 100 + index;
    const observation: QueuedObservation = {
      queuedTime: QUEUED,
      target: 'pve2',
      onSource: where === 'Source' ? present(haState) : ABSENT,
      onTarget: where === 'Target' ? present(haState) : ABSENT,
      newerTasks: task === undefined ? [] : [taskOf(vmid, task === 'running')],
      exitStatus: task === 'running' ? undefined : task,
      arrivedTime: arrived === undefined ? undefined : QUEUED + arrived * SECOND_MS,
      proxmoxTime: QUEUED + seconds * SECOND_MS,
    };
    return { guest: { vmid, type: 'qemu', name: `vm-${vmid}` }, source: 'pve1', observation };
  });
}

const arrived: State = { where: 'Target', arrived: 40 };
const moving: State = { where: 'Source', haState: 'migrate' };
const left: State = { where: 'Source' };
const failed: State = { where: 'Source', task: 'migration aborted' };

type Case = readonly [
  what: string,
  seconds: number,
  states: readonly State[],
  apartSince: number | undefined,
  expected: string,
  message?: string,
];

const CASES: readonly Case[] = [
  ['nobody has moved yet', 59, [left, left], undefined, 'Undecided'],
  ['nobody has moved after 60 s', 60, [left, left], undefined, 'Refused', 'With 101: HA dropped the request'],
  ['one is on its way', 600, [arrived, moving], undefined, 'Undecided'],
  ['a task of one runs', 600, [arrived, { ...left, task: 'running' }], undefined, 'Undecided'],
  ['one has only just arrived', 64, [arrived, { where: 'Target', arrived: 50 }], undefined, 'Undecided'],
  [
    'all have stayed for 25 s',
    65,
    [arrived, arrived, arrived],
    undefined,
    'Succeeded',
    'Migrated by HA with 101, 102, and started on pve2.',
  ],
  [
    'one was stopped on the target',
    65,
    [arrived, { ...arrived, haState: 'stopped' }],
    undefined,
    'Succeeded',
    'On pve2: 100, 101. Guest 101: Migrated by HA to pve2, and then stopped in HA.',
  ],
  ['one stayed behind', 300, [arrived, left], undefined, 'Undecided'],
  ['one has stayed behind for less than three minutes', 300, [arrived, left], 121, 'Undecided'],
  [
    'one has stayed behind for three minutes',
    300,
    [arrived, left, arrived],
    120,
    'Failed',
    'On pve2: 100, 102; On pve1: 101. Guest 101: HA dropped the request',
  ],
  [
    'the one asked for stayed behind',
    300,
    [left, arrived],
    120,
    'Failed',
    'Guest 100: HA dropped the request',
  ],
  [
    'the migration of all failed',
    120,
    [failed, failed],
    undefined,
    'Failed',
    "On pve1: 100, 101. Guest 100: HA's migration ended with 'migration aborted'",
  ],
  ['the migration of one failed, and nobody moved', 120, [left, failed], undefined, 'Failed', 'Guest 101: '],
  [
    'one is in error',
    120,
    [arrived, { where: 'Source', haState: 'error' }],
    undefined,
    'Failed',
    "Guest 101: HA put the guest into the state 'error'",
  ],
  [
    'one is in error while another moves',
    120,
    [moving, { where: 'Source', haState: 'error' }],
    undefined,
    'Undecided',
  ],
  ['one is lost', 179, [arrived, { where: 'Neither' }], undefined, 'Undecided'],
  [
    'one is lost for good',
    180,
    [arrived, { where: 'Neither' }],
    undefined,
    'Unknown',
    'On neither node: 101. Guest 101: ',
  ],
];

const state: fc.Arbitrary<State> = fc.record(
  {
    where: fc.constantFrom<Where>('Source', 'Target', 'Neither'),
    haState: fc.constantFrom('started', 'migrate', 'relocate', 'error', 'stopped'),
    arrived: fc.integer({ min: 20, max: 400 }),
    task: fc.constantFrom('running' as const, 'OK' as const, 'migration aborted' as const),
  },
  { requiredKeys: ['where'] },
);

describe('settleGroup', () => {
  for (const [what, seconds, states, apartSince, expected, message] of CASES) {
    it(`takes guests of which ${what} for ${expected}`, () => {
      const since = apartSince === undefined ? undefined : QUEUED + apartSince * SECOND_MS;
      const settlement = settleGroup(groupOf(seconds, states), since);
      expect(settlement.kind === 'Ended' ? settlement.outcome : settlement.kind).to.equal(expected);
      if (settlement.kind === 'Ended') expect(settlement.message).to.contain(message);
    });
  }

  it('sees who is apart only once nobody moves any more', () => {
    expect(isGroupApart(groupOf(300, [arrived, left]))).to.equal(true);
    expect(isGroupApart(groupOf(300, [arrived, moving]))).to.equal(false);
    expect(isGroupApart(groupOf(300, [arrived, arrived]))).to.equal(false);
    expect(isGroupApart(groupOf(300, [left, left]))).to.equal(false);
  });

  it('ends only when nobody moves, and well only when all are on the target; and always ends then', () => {
    fc.assert(
      fc.property(fc.array(state, { minLength: 2, maxLength: 17 }), (states) => {
        const group = groupOf(1_000, states);
        const settlement = settleGroup(group, QUEUED);
        const busy = states.some(
          ({ where, haState = 'started', task, arrived: since }) =>
            task === 'running' ||
            (where !== 'Neither' && ['migrate', 'relocate'].includes(haState)) ||
            (where === 'Target' && haState !== 'error' && since === undefined),
        );
        expect(settlement.kind).to.equal(busy ? 'Undecided' : 'Ended');
        if (settlement.kind !== 'Ended') return;
        const arrivals = states.filter(({ where, haState }) => where === 'Target' && haState !== 'error');
        expect(settlement.outcome === 'Succeeded').to.equal(arrivals.length === states.length);
        if (settlement.outcome === 'Refused')
          expect(states.every(({ where }) => where === 'Source')).to.equal(true);
      }),
    );
  });
});
