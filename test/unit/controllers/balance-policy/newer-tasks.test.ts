import { expect } from 'chai';
import fc from 'fast-check';
import { newestUpid, tasksNewerThan } from '../../../../src/controllers/balance-policy/newer-tasks.ts';
import type { MigrateTask } from '../../../../src/controllers/proxmox-cluster.ts';
import { formatUpid } from '../../../../src/proxmox/upid.ts';

const START = Date.UTC(2026, 0, 1);

function task(second: number, processStart = 1): MigrateTask {
  const startTime = START + second * 1_000;
  const upid = formatUpid({
    node: 'pve1',
    pid: 7,
    processStart,
    startTime,
    type: 'qmigrate',
    id: '100',
    user: 'root@pam',
  });
  return { upid, vmid: 100, node: 'pve1', user: 'root@pam', startTime, running: false };
}

describe('tasksNewerThan', () => {
  it('gives those after a task, the oldest first, in whatever order they come', () => {
    const tasks = [task(0), task(1), task(2), task(3)];
    fc.assert(
      fc.property(fc.shuffledSubarray(tasks, { minLength: 4 }), (shuffled) => {
        expect(tasksNewerThan(task(1).upid, shuffled)).to.deep.equal([task(2), task(3)]);
        expect(newestUpid(shuffled)).to.equal(task(3).upid);
      }),
    );
  });

  it('tells tasks of one second apart by when their process started', () => {
    const tasks = [task(1, 30), task(1, 10), task(1, 20)];
    expect(tasksNewerThan(task(1, 10).upid, tasks)).to.deep.equal([task(1, 20), task(1, 30)]);
    expect(newestUpid(tasks)).to.equal(task(1, 30).upid);
  });

  it('goes by the time of day first, for processes count anew after a boot', () => {
    expect(tasksNewerThan(task(1, 900_000).upid, [task(2, 5)])).to.have.lengthOf(1);
  });

  it('gives all of them when there was none before', () => {
    expect(tasksNewerThan(undefined, [task(2), task(1)])).to.deep.equal([task(1), task(2)]);
    expect(newestUpid([])).to.equal(undefined);
  });

  it('does not need the task that it compares with to be listed still', () => {
    expect(tasksNewerThan(task(5).upid, [task(6)])).to.deep.equal([task(6)]);
    expect(tasksNewerThan(task(5).upid, [task(4)])).to.deep.equal([]);
  });
});
