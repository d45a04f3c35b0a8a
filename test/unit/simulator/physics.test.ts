import { expect } from 'chai';
import fc from 'fast-check';

import type { Cluster } from '../../../src/simulator/world/cluster.ts';
import { demandAt } from '../../../src/simulator/world/demand.ts';
import { nodeLoad, settleLoadAverage } from '../../../src/simulator/world/load.ts';
import { createNetwork } from '../../../src/simulator/world/network.ts';
import { createTimeline } from '../../../src/simulator/world/timeline.ts';
import { createWorld, labScenario } from '../../support/simulator/scenarios.ts';

const GIB = 1024 ** 3;

function wait(cluster: Cluster, seconds: number): void {
  cluster.timeline.advanceTo(cluster.now() + seconds * 1000);
}

describe('the simulated load', () => {
  it('is what guests and the node itself ask for', () => {
    const cluster = createWorld();
    const load = nodeLoad(cluster, cluster.node('pve1'));
    expect(load.demandedCores).to.equal(0.5 + 2 + 4 + 0.5);
    expect(load.cpu).to.equal(7 / 16);
    // 2 GiB of its own, two VMs with what QEMU needs, one container.
    const qemu = 2 * 64 * 1024 ** 2 + 0.01 * 24 * GIB;
    expect(load.memoryUsedBytes).to.equal(Math.round((2 + 6 + 12 + 1) * GIB + qemu));
    expect(load.ksmSharedBytes).to.equal(0);
  });

  it('is shared out when guests want more than the node has, and the load average tells', () => {
    const cluster = createWorld({
      guests: Array.from({ length: 5 }, (_, index) => ({
        vmid: 100 + index,
        type: 'qemu' as const,
        node: 'pve1',
        cpus: 8,
        memory: '4Gi',
        demand: { cpu: 7.9 },
      })),
    });
    const node = cluster.node('pve1');
    const load = nodeLoad(cluster, node);
    expect(load.cpu).to.equal(1);
    expect(load.demandedCores).to.equal(40);
    expect(load.granted).to.equal(16 / 40);
    expect(node.loadAverage[0]).to.equal(40);
    wait(cluster, 10);
    expect(cluster.guests.get(100)?.statistics?.cpu).to.be.closeTo((7.9 * 0.4) / 8, 1e-9);
  });

  it('KSM merges VM memory on a node that is nearly full, and takes it out of what is used', () => {
    const [first, ...others] = labScenario().nodes;
    if (!first) throw new Error('the lab has nodes');
    const cluster = createWorld({
      nodes: [{ ...first, ksmShare: 0.1 }, ...others],
      guests: [
        { vmid: 100, type: 'qemu', node: 'pve1', cpus: 4, memory: '56Gi', demand: { memory: '54Gi' } },
      ],
    });
    const load = nodeLoad(cluster, cluster.node('pve1'));
    expect(load.ksmSharedBytes).to.be.greaterThan(5 * GIB);
    expect(load.memoryUsedBytes + load.ksmSharedBytes).to.equal(load.memoryNeedBytes);
  });

  it('load averages start settled and approach a new load over 1, 5 and 15 minutes', () => {
    const cluster = createWorld({
      guests: [
        {
          vmid: 100,
          type: 'qemu',
          node: 'pve1',
          cpus: 8,
          memory: '4Gi',
          demand: {
            cpu: {
              steps: [
                { at: '0s', value: 1 },
                { at: '60s', value: 8 },
              ],
            },
          },
        },
      ],
    });
    const node = cluster.node('pve1');
    wait(cluster, 59);
    settleLoadAverage(cluster, node);
    expect(node.loadAverage).to.deep.equal([1.5, 1.5, 1.5]);
    wait(cluster, 1 + 60);
    settleLoadAverage(cluster, node);
    const [one, five, fifteen] = node.loadAverage;
    expect(one).to.be.closeTo(8.5 - 7 * Math.exp(-1), 1);
    expect(five).to.be.closeTo(8.5 - 7 * Math.exp(-0.2), 0.5);
    expect(fifteen).to.be.closeTo(8.5 - 7 * Math.exp(-1 / 15), 0.3);
    wait(cluster, 3 * 3600);
    settleLoadAverage(cluster, node);
    for (const value of node.loadAverage) expect(value).to.be.closeTo(8.5, 0.01);
  });

  it('statistics are of the last round, at most 10 s old', () => {
    const cluster = createWorld();
    for (let second = 0; second < 40; second += 1) {
      wait(cluster, 1);
      for (const node of cluster.nodes.values()) {
        const age = cluster.now() - (node.statistics?.time ?? 0);
        expect(age).to.be.within(0, 10_000);
      }
    }
  });

  it('records when a node needs more memory than it has', () => {
    const guest = { type: 'qemu', node: 'pve1', cpus: 4, memory: '40Gi' } as const;
    const cluster = createWorld({
      guests: [
        { ...guest, vmid: 100, demand: { memory: '30Gi' } },
        {
          ...guest,
          vmid: 101,
          demand: {
            memory: {
              ramp: [
                { at: '20s', value: '20Gi' },
                { at: '40s', value: '40Gi' },
              ],
            },
          },
        },
      ],
    });
    wait(cluster, 20);
    expect(cluster.violations).to.deep.equal([]);
    wait(cluster, 30);
    expect(cluster.violations).to.deep.equal(['node pve1 needs more memory than it has']);
  });
});

describe('a demand', () => {
  it('holds between steps and goes straight along a ramp', () => {
    const points = [
      { atMs: 10, value: 1 },
      { atMs: 20, value: 3 },
    ];
    const at = (shape: 'steps' | 'ramp') =>
      [0, 10, 15, 20, 99].map((time) => demandAt({ shape, points }, time));
    expect(at('steps')).to.deep.equal([1, 1, 1, 3, 3]);
    expect(at('ramp')).to.deep.equal([1, 1, 2, 3, 3]);
  });
});

describe('the migration network', () => {
  it('gives a lone transfer its link, and shares it while there are more', () => {
    const timeline = createTimeline(0);
    const network = createNetwork(timeline, 100);
    const first = network.start({ source: 'a', target: 'b', bytes: 1000, limit: 0 });
    timeline.advanceTo(5_000);
    expect(first.doneBytes()).to.equal(500);
    const second = network.start({ source: 'a', target: 'c', bytes: 250, limit: 0 });
    timeline.advanceTo(10_000);
    expect([first.doneBytes(), second.doneBytes()]).to.deep.equal([750, 250]);
    timeline.advanceTo(12_500);
    expect([first.completed, second.completed]).to.deep.equal([true, true]);
  });

  it('keeps to a limit', () => {
    const timeline = createTimeline(0);
    const transfer = createNetwork(timeline, 100).start({ source: 'a', target: 'b', bytes: 100, limit: 10 });
    timeline.advanceTo(9_999);
    expect(transfer.completed).to.equal(false);
    timeline.advanceTo(10_000);
    expect(transfer.completed).to.equal(true);
  });

  it('moves every byte, no link ever carrying more than it can', () => {
    const request = fc.record({
      source: fc.constantFrom('a', 'b'),
      target: fc.constantFrom('c', 'd'),
      bytes: fc.integer({ min: 1, max: 5000 }),
      limit: fc.constantFrom(0, 30),
      at: fc.nat({ max: 20_000 }),
    });
    fc.assert(
      fc.property(fc.array(request, { maxLength: 8 }), (requests) => {
        const timeline = createTimeline(0);
        const network = createNetwork(timeline, 100);
        const transfers: ReturnType<typeof network.start>[] = [];
        for (const { at, ...transfer } of requests)
          timeline.at(at, () => transfers.push(network.start(transfer)));
        for (let time = 0; time <= 1_000_000; time += 10_000) {
          timeline.advanceTo(time);
          for (const link of ['a', 'b', 'c', 'd']) {
            const carried = transfers
              .filter(
                ({ completed, request: { source, target } }) =>
                  !completed && (source === link || target === link),
              )
              .reduce((sum, { rate }) => sum + rate, 0);
            expect(carried).to.be.at.most(100 + 1e-9);
          }
        }
        expect(transfers.every(({ completed }) => completed)).to.equal(true);
      }),
    );
  });
});
