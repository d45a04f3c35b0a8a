import { expect } from 'chai';

import type { Cluster } from '../../../src/simulator/world/cluster.ts';
import { delay, type Process } from '../../../src/simulator/world/process.ts';
import { type Task, TaskFailure } from '../../../src/simulator/world/task.ts';
import { parseUpid } from '../../../src/simulator/world/upid.ts';
import { createWorld } from '../../support/simulator/scenarios.ts';

function* ending(cluster: Cluster, failure?: TaskFailure): Process {
  yield delay(cluster.timeline, 1_000);
  if (failure) throw failure;
}

describe('simulated tasks', () => {
  it('have UPIDs that say where, when, what and by whom, and never the same one', () => {
    const cluster = createWorld();
    const node = cluster.node('pve2');
    const request = { node, type: 'vzdump', id: '103', user: 'root@pam' };
    const tasks = Array.from({ length: 50 }, () =>
      cluster.tasks.start(request, function* () {
        yield delay(cluster.timeline, 1_000);
      }),
    );
    expect(new Set(tasks.map((task) => task.upid)).size).to.equal(50);
    expect(parseUpid(tasks[0]?.upid ?? '')).to.include({
      node: 'pve2',
      startTime: cluster.now() / 1000,
      pstart: (cluster.now() - node.bootTime) / 10,
      type: 'vzdump',
      id: '103',
      user: 'root@pam',
    });
  });

  it('end with their status and a last line that says it', () => {
    const cluster = createWorld();
    const run = (body: (task: Task) => Process) =>
      cluster.tasks.start({ node: cluster.node('pve1'), type: 'x', id: '', user: 'root@pam' }, body);
    const ended = [
      run(() => ending(cluster)),
      run(() => ending(cluster, new TaskFailure('WARNINGS: 2'))),
      run(() => ending(cluster, new TaskFailure('no space'))),
    ];
    cluster.timeline.advanceTo(cluster.now() + 1_000);
    expect(ended.map((task) => [task.exitStatus, task.log.at(-1)])).to.deep.equal([
      ['OK', 'TASK OK'],
      ['WARNINGS: 2', 'TASK WARNINGS: 2'],
      ['no space', 'TASK ERROR: no space'],
    ]);
  });

  it('are forgotten, oldest first, beyond what a node keeps; running ones never', () => {
    const cluster = createWorld({ taskRetention: 3 });
    const start = (node: string, milliseconds: number) =>
      cluster.tasks.start({ node: cluster.node(node), type: 'x', id: '', user: 'root@pam' }, function* () {
        yield delay(cluster.timeline, milliseconds);
      });
    const running = start('pve1', 1_000_000);
    const finished = Array.from({ length: 5 }, (_, index) => start('pve1', index + 1));
    const elsewhere = start('pve2', 1);
    cluster.timeline.advanceTo(cluster.now() + 1_000);
    const kept = [running, ...finished.slice(2), elsewhere];
    expect(cluster.tasks.all()).to.have.members(kept);
    expect(cluster.tasks.find(finished[0]?.upid ?? '')).to.equal(undefined);
  });
});
