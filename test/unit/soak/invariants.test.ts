import { expect } from 'chai';
import type { HistoryEntry } from '../../../src/api/generated/balance-policy.ts';
import type { TaskView } from '../../../src/simulator/cluster-view.ts';
import { OPERATOR_TOKEN } from '../../support/balance-scenario.ts';
import { brokenInvariants } from '../../support/soak/invariants.ts';

const MINUTE_MS = 60_000;
const COOLDOWN_MS = 60 * MINUTE_MS;

function task(vmid: number, startMinute: number, endMinute: number): TaskView {
  return {
    upid: `${vmid}-${startMinute}`,
    node: 'pve1',
    type: 'qmigrate',
    user: OPERATOR_TOKEN.id,
    vmid,
    source: 'pve1',
    target: 'pve2',
    startTime: startMinute * MINUTE_MS,
    endTime: endMinute * MINUTE_MS,
    exitStatus: 'OK',
    log: [],
  };
}

function historyOf(...upids: readonly string[]): ReadonlyMap<string, HistoryEntry> {
  return new Map(
    upids.map((upid, index) => [
      `id-${index}`,
      {
        id: `id-${index}`,
        vmid: 100,
        type: 'qemu',
        name: 'guest',
        source: 'pve1',
        target: 'pve2',
        outcome: 'Succeeded',
        message: 'Migrated.',
        endTime: '2026-01-01T00:00:00Z',
        upid,
      },
    ]),
  );
}

const ALONE = () => [];
const NONE: ReadonlySet<string> = new Set();

function judge(tasks: readonly TaskView[], upids: readonly string[], wipes: readonly number[] = []) {
  const history = historyOf(...upids);
  return brokenInvariants({ tasks, history, wipes, cooldownMs: COOLDOWN_MS, movedWith: ALONE, onward: NONE });
}

describe('the invariants of the soak', () => {
  it('hold for moves that are recorded once each and far enough apart', () => {
    expect(judge([task(100, 0, 5), task(100, 70, 75)], ['100-0', '100-70'])).to.deep.equal([]);
  });

  it('are broken by a second move within the cooldown', () => {
    expect(judge([task(100, 0, 5), task(100, 30, 35)], ['100-0', '100-30'])).to.have.length(1);
  });

  it('are broken by a second move of one that HA moved along with another', () => {
    const record = {
      tasks: [task(100, 0, 5), task(101, 30, 35)],
      history: historyOf('100-0', '101-30'),
      wipes: [],
      cooldownMs: COOLDOWN_MS,
      movedWith: ({ vmid }: TaskView) => (vmid === 100 ? [101] : []),
      onward: NONE,
    };
    const [broken] = brokenInvariants(record);
    expect(broken).to.contain('guest 101 was moved again within its cooldown');
  });

  it('let a guest go on that has only made room', () => {
    const [tasks, history] = [[task(100, 0, 5), task(100, 6, 9)], historyOf('100-0', '100-6')];
    const record = { tasks, history, wipes: [], cooldownMs: COOLDOWN_MS, movedWith: ALONE };
    expect(brokenInvariants({ ...record, onward: NONE })).to.have.length(1);
    expect(brokenInvariants({ ...record, onward: new Set(['100-6']) })).to.deep.equal([]);
  });

  it('are broken by two moves at once', () => {
    expect(judge([task(100, 0, 5), task(100, 3, 8)], ['100-0', '100-3'])).to.have.length(1);
  });

  it('are broken by a move in no history, and by one that is there twice', () => {
    expect(judge([task(100, 0, 5)], [])).to.have.length(1);
    expect(judge([task(100, 0, 5)], ['100-0', '100-0'])).to.have.length(1);
  });

  it('allow a move to be lost with the status that was wiped meanwhile, and at no other time', () => {
    expect(judge([task(100, 0, 5)], [], [3 * MINUTE_MS])).to.deep.equal([]);
    expect(judge([task(100, 0, 5)], [], [300 * MINUTE_MS])).to.have.length(1);
  });

  it('are broken by a record that does not say which task it is of', () => {
    const history = new Map([...historyOf('100-0')].map(([id, { upid: _, ...entry }]) => [id, entry]));
    const record = {
      tasks: [task(100, 0, 5)],
      history,
      wipes: [],
      cooldownMs: COOLDOWN_MS,
      movedWith: ALONE,
      onward: NONE,
    };
    expect(brokenInvariants(record)).to.have.length(1);
  });
});
