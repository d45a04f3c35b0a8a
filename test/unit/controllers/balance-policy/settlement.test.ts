import { expect } from 'chai';
import {
  settleByGuest,
  settleTask,
  settleUnstarted,
  type UnstartedObservation,
} from '../../../../src/controllers/balance-policy/settlement.ts';
import type { GuestReading, MigrateTask, TaskReading } from '../../../../src/controllers/proxmox-cluster.ts';

const USER = 'balancer@pve!operator';
const INTENT = Date.UTC(2026, 0, 1);
const ABSENT: GuestReading = { kind: 'Absent', proxmoxTime: INTENT };

function present(lock?: string): GuestReading {
  return {
    kind: 'Present',
    name: 'vm-100',
    status: 'running',
    lock,
    template: false,
    haManaged: false,
    haState: undefined,
    memoryBytes: 1,
    proxmoxTime: INTENT,
  };
}

function task(user: string, traits: Partial<MigrateTask> = {}): MigrateTask {
  return {
    upid: `UPID:${user}`,
    vmid: 100,
    node: 'pve1',
    user,
    startTime: INTENT + 1_000,
    running: true,
    ...traits,
  };
}

/** 120 s after the intent, with a quiet read 15 s before: the moment from which silence is taken for an answer. */
function observation(traits: Partial<UnstartedObservation> = {}): UnstartedObservation {
  return {
    user: USER,
    intentTime: INTENT,
    newerTasks: [],
    targetsOurs: undefined,
    source: present(),
    target: ABSENT,
    proxmoxTime: INTENT + 120_000,
    previousQuietRead: { proxmoxTime: INTENT + 105_000 },
    ...traits,
  };
}

function outcomeOf(traits: Partial<UnstartedObservation>): string {
  const settlement = settleUnstarted(observation(traits));
  return settlement.kind === 'Ended' ? settlement.outcome : settlement.kind;
}

describe('settleUnstarted', () => {
  const ours = task(USER);
  const foreign = task('root@pam');
  const ended = task(USER, { running: false });
  const cases: readonly (readonly [string, Partial<UnstartedObservation>, string])[] = [
    ['silence of 120 s, seen twice', {}, 'NotStarted'],
    ['silence, a moment before', { proxmoxTime: INTENT + 119_999 }, 'Undecided'],
    ['silence, seen once', { previousQuietRead: undefined }, 'Undecided'],
    ['silence, seen twice in 14 s', { previousQuietRead: { proxmoxTime: INTENT + 106_000 } }, 'Undecided'],
    ['a locked guest', { source: present('migrate') }, 'Undecided'],
    ['a guest locked by something else', { source: present('backup') }, 'Undecided'],
    ['our task, running', { newerTasks: [ours], targetsOurs: true }, 'Adopt'],
    ['our task, at once', { newerTasks: [ours], targetsOurs: true, proxmoxTime: INTENT + 2_000 }, 'Adopt'],
    ['our task, ended already', { newerTasks: [ended], targetsOurs: true }, 'Adopt'],
    [
      'our task, and a later one of somebody else',
      { newerTasks: [ours, foreign], targetsOurs: true },
      'Adopt',
    ],
    ['our task to another node', { newerTasks: [ours], targetsOurs: false }, 'Superseded'],
    ['a task of somebody else', { newerTasks: [foreign] }, 'Superseded'],
    ['a task of another token of our user', { newerTasks: [task('balancer@pve!other')] }, 'Superseded'],
    ['our task without a log yet', { newerTasks: [ours] }, 'Undecided'],
    ['our task that ended and named no target', { newerTasks: [ended] }, 'Adopt'],
    ['such a task, at once', { newerTasks: [ended], proxmoxTime: INTENT + 2_000 }, 'Adopt'],
    [
      'our ended task without a log, guest moved',
      { newerTasks: [ended], source: ABSENT, target: present() },
      'Adopt',
    ],
    ['our ended task to another node', { newerTasks: [ended], targetsOurs: false }, 'Superseded'],
    ['no task, guest moved', { source: ABSENT, target: present() }, 'Succeeded'],
    ['no task, guest on neither node', { source: ABSENT, target: ABSENT }, 'Unknown'],
    [
      'no task, guest moved, not for long enough',
      { source: ABSENT, target: present(), previousQuietRead: undefined },
      'Undecided',
    ],
  ];
  for (const [name, traits, expected] of cases) {
    it(`takes ${name} for ${expected}`, () => {
      expect(outcomeOf(traits)).to.equal(expected);
    });
  }

  it('adopts the first task of ours', () => {
    const newerTasks = [foreign, ours, task(USER, { upid: 'UPID:later' })];
    expect(settleUnstarted(observation({ newerTasks, targetsOurs: true }))).to.deep.equal({
      kind: 'Adopt',
      upid: ours.upid,
      startTime: ours.startTime,
    });
  });
});

describe('settleTask', () => {
  function stopped(exitStatus: string, errorText?: string): TaskReading {
    return { kind: 'Stopped', startTime: INTENT, exitStatus, errorText, proxmoxTime: INTENT };
  }

  // docs/proxmox-api.md §6.6
  const cases: readonly (readonly [string, string])[] = [
    ['OK', 'Succeeded'],
    ['WARNINGS: 1', 'Succeeded'],
    ['WARNINGS: 12', 'Succeeded'],
    ['WARNINGS: x', 'Failed'],
    ['migration aborted', 'Failed'],
    ['migration problems', 'AskGuest'],
    ['unexpected status', 'AskGuest'],
    ["can't lock file '/var/lock/pve-manager/pve-migrate-100' - got timeout", 'Failed'],
    ['received interrupt', 'Failed'],
    ['interrupted by signal', 'Failed'],
    ["command 'ha-manager migrate vm:100 pve2' failed: exit code 255", 'Failed'],
    ['something that no version of PVE has said so far', 'Failed'],
  ];
  for (const [exitStatus, expected] of cases) {
    it(`takes '${exitStatus}' for ${expected}`, () => {
      const settlement = settleTask(stopped(exitStatus), 'qmigrate');
      expect(settlement.kind === 'Ended' ? settlement.outcome : settlement.kind).to.equal(expected);
    });
  }

  it('takes an OK of a task of HA for no more than that it is queued', () => {
    expect(settleTask(stopped('OK'), 'hamigrate').kind).to.equal('Queued');
    expect(settleTask(stopped('WARNINGS: 1'), 'hamigrate').kind).to.equal('Queued');
    const refused = "command 'ha-manager migrate vm:100 pve2' failed: exit code 255";
    expect(settleTask(stopped(refused), 'hamigrate')).to.include({ kind: 'Ended', outcome: 'Refused' });
  });

  for (const exitStatus of [
    'unexpected status',
    'received interrupt',
    'interrupted by signal',
    "command 'ha-manager migrate vm:100 pve2' failed: got signal 9",
    "command 'ha-manager migrate vm:100 pve2' failed: received interrupt",
  ]) {
    it(`does not take '${exitStatus}' of a task of HA for the end of what HA does`, () => {
      expect(settleTask(stopped(exitStatus), 'hamigrate').kind).to.equal('Queued');
    });
  }

  it('follows HA also where the log of the request is gone', () => {
    const pruned = { kind: 'Pruned', proxmoxTime: INTENT } as const;
    expect(settleTask(pruned, 'hamigrate').kind).to.equal('Queued');
  });

  it('says nothing of a running task, and asks for the guest where the log is gone', () => {
    const running = { kind: 'Running', startTime: INTENT, progressPercent: 50, proxmoxTime: INTENT } as const;
    expect(settleTask(running, 'qmigrate')).to.deep.equal({ kind: 'Undecided' });
    const pruned = { kind: 'Pruned', proxmoxTime: INTENT } as const;
    expect(settleTask(pruned, 'qmigrate')).to.deep.include({ kind: 'AskGuest', exitStatus: 'log pruned' });
  });

  it('gives what the log said, once', () => {
    expect(settleTask(stopped('migration aborted', "can't reach pve2"), 'qmigrate')).to.include({
      message: "migration aborted: can't reach pve2.",
    });
    expect(settleTask(stopped('migration aborted', 'migration aborted'), 'qmigrate')).to.include({
      message: 'migration aborted.',
    });
  });
});

describe('settleByGuest', () => {
  const cases: readonly (readonly [string, string, GuestReading, GuestReading, string])[] = [
    ['log pruned', 'on its source', present(), ABSENT, 'Failed'],
    ['log pruned', 'on its source and locked for migration', present('migrate'), ABSENT, 'Undecided'],
    ['log pruned', 'on the target', ABSENT, present(), 'Succeeded'],
    ['log pruned', 'on neither', ABSENT, ABSENT, 'Unknown'],
    ['migration problems', 'on its source', present(), ABSENT, 'Failed'],
    ['migration problems', 'on its source and locked', present('migrate'), ABSENT, 'Failed'],
    ['migration problems', 'on the target', ABSENT, present(), 'Succeeded'],
    ['migration problems', 'on the target and locked', ABSENT, present('migrate'), 'Succeeded'],
    ['unexpected status', 'on neither', ABSENT, ABSENT, 'Unknown'],
  ];
  for (const [exitStatus, where, source, target, expected] of cases) {
    it(`takes '${exitStatus}' with the guest ${where} for ${expected}`, () => {
      const settlement = settleByGuest(exitStatus, undefined, source, target);
      expect(settlement.kind === 'Ended' ? settlement.outcome : settlement.kind).to.equal(expected);
    });
  }

  it('says where the guest is and in what state', () => {
    const settlement = settleByGuest('migration problems', 'no space', present('migrate'), ABSENT);
    expect(settlement).to.include({
      message: 'migration problems: no space. The guest is on its source (running, locked (migrate)).',
    });
  });
});
