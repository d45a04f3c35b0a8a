import { expect } from 'chai';
import {
  type QueuedObservation,
  settleQueued,
} from '../../../../src/controllers/balance-policy/settle-queued.ts';
import type { GuestReading } from '../../../../src/controllers/proxmox-cluster.ts';
import { formatUpid } from '../../../../src/proxmox/upid.ts';

const QUEUED = Date.parse('2026-03-01T12:00:00Z');
const ABSENT: GuestReading = { kind: 'Absent', proxmoxTime: QUEUED };

function present(haState: string | undefined, lock?: string): GuestReading {
  const rest = { template: false, memoryBytes: 0, proxmoxTime: QUEUED, status: 'running', name: 'a' };
  return { kind: 'Present', haManaged: haState !== undefined, haState, lock, ...rest };
}

function task(running: boolean) {
  const startTime = QUEUED + 20_000;
  const parts = { node: 'pve1', pid: 1, processStart: 1, type: 'qmigrate', id: '100', user: 'root@pam' };
  return {
    upid: formatUpid({ ...parts, startTime }),
    vmid: 100,
    node: 'pve1',
    user: 'root@pam',
    startTime,
    running,
  };
}

function settle(seconds: number, observation: Partial<QueuedObservation>): string {
  const settlement = settleQueued({
    queuedTime: QUEUED,
    target: 'pve2',
    onSource: ABSENT,
    onTarget: ABSENT,
    newerTasks: [],
    exitStatus: undefined,
    arrivedTime: undefined,
    proxmoxTime: QUEUED + seconds * 1_000,
    ...observation,
  });
  return settlement.kind === 'Ended' ? settlement.outcome : settlement.kind;
}

describe('settleQueued', () => {
  const arrived = { onTarget: present('started'), arrivedTime: QUEUED + 40_000 };
  const left = { onSource: present('started') };
  const ended = { ...left, newerTasks: [task(false)], exitStatus: 'migration problems' };
  const cases: readonly (readonly [string, number, Partial<QueuedObservation>, string])[] = [
    ['on the source, started', 59, left, 'Undecided'],
    ['on the source, started, 60 s later', 60, left, 'Refused'],
    [
      'on the source, waiting for its node to take it up',
      3_600,
      { onSource: present('migrate') },
      'Undecided',
    ],
    ['on the source, relocating', 3_600, { onSource: present('relocate') }, 'Undecided'],
    ['on the source, locked', 3_600, { onSource: present('started', 'migrate') }, 'Undecided'],
    [
      'on the source with the lock that a killed task has left',
      61,
      { ...ended, onSource: present('started', 'migrate'), exitStatus: 'unexpected status' },
      'Failed',
    ],
    [
      'on the source with a lock while HA moves it again',
      3_600,
      { ...ended, onSource: present('migrate', 'migrate') },
      'Undecided',
    ],
    ['on the source with a backup', 3_600, { ...ended, onSource: present('started', 'backup') }, 'Undecided'],
    [
      'on the target with the lock that its task could not remove',
      65,
      {
        onTarget: present('started', 'migrate'),
        newerTasks: [task(false)],
        arrivedTime: QUEUED + 40_000,
        exitStatus: 'migration problems',
      },
      'Succeeded',
    ],
    ['on the source with a running task', 3_600, { ...left, newerTasks: [task(true)] }, 'Undecided'],
    ['on the source after a task that failed', 61, ended, 'Failed'],
    ['on the source after a task that ended well', 61, { ...ended, exitStatus: 'OK' }, 'Failed'],
    ['on the source after it was on the target', 61, { ...left, arrivedTime: QUEUED + 30_000 }, 'Failed'],
    ['on the source in the state error', 5, { onSource: present('error') }, 'Failed'],
    ['on the target in the state error', 5, { onTarget: present('error') }, 'Failed'],
    [
      'on the source, stopped, before HA would take up anything',
      59,
      { onSource: present('stopped') },
      'Undecided',
    ],
    ['on the source, stopped', 61, { onSource: present('stopped') }, 'Failed'],
    ['on the source, no longer managed', 61, { onSource: present(undefined) }, 'Failed'],
    ['on the target for the first time', 45, { onTarget: present('started') }, 'Undecided'],
    ['on the target for 24 s', 64, arrived, 'Undecided'],
    ['on the target for 25 s', 65, arrived, 'Succeeded'],
    ['on the target, being moved on', 300, { ...arrived, onTarget: present('migrate') }, 'Undecided'],
    ['on the target, locked', 300, { ...arrived, onTarget: present('started', 'migrate') }, 'Undecided'],
    ['on the target, stopped since', 300, { ...arrived, onTarget: present('stopped') }, 'Succeeded'],
    ['on neither', 179, {}, 'Undecided'],
    ['on neither for three minutes', 180, {}, 'Unknown'],
  ];
  for (const [where, seconds, observation, expected] of cases) {
    it(`takes a guest ${where} for ${expected}`, () => {
      expect(settle(seconds, observation)).to.equal(expected);
    });
  }
});
