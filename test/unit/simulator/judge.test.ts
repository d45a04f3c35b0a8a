import { expect } from 'chai';
import { breaches } from '../../../src/simulator/judge/breaches.ts';
import type { GuestDocument, JudgeDocument } from '../../../src/simulator/scenario/document.ts';
import type { Cluster } from '../../../src/simulator/world/cluster.ts';
import { createWorld } from '../../support/simulator/scenarios.ts';
import { guestOf, migrate, wait } from '../../support/simulator/world.ts';

/** Nodes of 64 GiB, of which the node itself takes 2. */
function worldOf(judge: JudgeDocument, guests: Readonly<Record<number, string>>): Cluster {
  const documents = Object.entries(guests).map(([vmid, place]): GuestDocument => {
    const [node = '', memory = '1Gi', status = 'running'] = place.split(' ');
    const state = status === 'stopped' ? 'stopped' : 'running';
    return {
      vmid: Number(vmid),
      type: 'qemu',
      node,
      cpus: 1,
      memory: '60Gi',
      demand: { memory },
      status: state,
    };
  });
  return createWorld({ judge, guests: documents });
}

const APART: JudgeDocument = { rules: [{ name: 'db', type: 'apart', guests: [101, 102] }] };
const BROKEN = "rule 'db' was broken, or got worse";

describe('the judge of a simulated cluster', () => {
  it('sees guests that are to be apart come to one node, from the moment one sets out', () => {
    const cluster = worldOf(APART, { 101: 'pve1', 102: 'pve2' });
    migrate(cluster, 101, 'pve2');
    wait(cluster, 1);
    expect(guestOf(cluster, 101).node).to.equal('pve1');
    expect(cluster.violations).to.deep.equal([BROKEN]);
  });

  it('sees two of them pass each other', () => {
    const cluster = worldOf(APART, { 101: 'pve1', 102: 'pve2' });
    migrate(cluster, 102, 'pve3');
    migrate(cluster, 101, 'pve2');
    wait(cluster, 1);
    expect(cluster.violations).to.deep.equal([BROKEN]);
  });

  it('has nothing against one after the other, nor against what ends a breach', () => {
    const cluster = worldOf(APART, { 101: 'pve1', 102: 'pve1' });
    migrate(cluster, 102, 'pve2');
    wait(cluster, 300);
    migrate(cluster, 102, 'pve3');
    wait(cluster, 300);
    migrate(cluster, 101, 'pve2');
    wait(cluster, 300);
    expect(cluster.violations).to.deep.equal([]);
    migrate(cluster, 101, 'pve3');
    wait(cluster, 300);
    expect(cluster.violations).to.deep.equal([BROKEN]);
  });

  it('sees guests part that are to be together, and lets them come together', () => {
    const judge: JudgeDocument = { rules: [{ name: 'db', type: 'together', guests: [101, 102, 103] }] };
    const cluster = worldOf(judge, { 101: 'pve1', 102: 'pve1', 103: 'pve2' });
    migrate(cluster, 103, 'pve1');
    wait(cluster, 300);
    expect(cluster.violations).to.deep.equal([]);
    migrate(cluster, 102, 'pve3');
    wait(cluster, 300);
    expect(cluster.violations).to.deep.equal([BROKEN]);
  });

  it('sees a guest leave the nodes that it is to be on', () => {
    const judge: JudgeDocument = {
      rules: [{ name: 'db', type: 'on', guests: [101], nodes: ['pve1', 'pve2'] }],
    };
    const cluster = worldOf(judge, { 101: 'pve1' });
    migrate(cluster, 101, 'pve2');
    wait(cluster, 300);
    expect(cluster.violations).to.deep.equal([]);
    migrate(cluster, 101, 'pve3');
    wait(cluster, 1);
    expect(cluster.violations).to.deep.equal([BROKEN]);
  });

  it('sees a guest sent to a node that is drained', () => {
    const cluster = worldOf({ drained: ['pve2'] }, { 101: 'pve1', 102: 'pve2' });
    migrate(cluster, 102, 'pve1');
    wait(cluster, 300);
    expect(cluster.violations).to.deep.equal([]);
    migrate(cluster, 101, 'pve2');
    wait(cluster, 1);
    expect(cluster.violations).to.deep.equal(['guest 101 was sent to pve2, which is drained']);
  });

  describe('counts the memory of a target', () => {
    const full = (...vmids: readonly number[]) =>
      `node pve3 has no room for what is on its way to it (${vmids.join(', ')})`;

    it('with all that is on its way to it', () => {
      const cluster = worldOf({}, { 101: 'pve1 30Gi', 102: 'pve2 30Gi', 103: 'pve3 3Gi' });
      migrate(cluster, 101, 'pve3');
      wait(cluster, 1);
      expect(cluster.violations).to.deep.equal([]);
      migrate(cluster, 102, 'pve3');
      wait(cluster, 1);
      expect(cluster.violations).to.deep.equal([full(101, 102)]);
    });

    it('without what has left it, and not before', () => {
      const early = worldOf({}, { 101: 'pve1 40Gi', 103: 'pve3 40Gi' });
      migrate(early, 103, 'pve2');
      migrate(early, 101, 'pve3');
      wait(early, 1);
      expect(early.violations).to.deep.equal([full(101)]);
      const late = worldOf({}, { 101: 'pve1 40Gi', 103: 'pve3 40Gi' });
      migrate(late, 103, 'pve2');
      wait(late, 300);
      migrate(late, 101, 'pve3');
      wait(late, 300);
      expect(late.violations).to.deep.equal([]);
    });

    it('with its reserve', () => {
      const guests = { 101: 'pve1 30Gi', 103: 'pve3 20Gi' };
      for (const [memoryReserve, found] of [
        [0.1, []],
        [0.2, [full(101)]],
      ] as const) {
        const cluster = worldOf({ memoryReserve }, guests);
        migrate(cluster, 101, 'pve3');
        wait(cluster, 1);
        expect(cluster.violations).to.deep.equal(found);
      }
    });

    it('only where what arrives needs some', () => {
      const cluster = worldOf({ memoryReserve: 0.9 }, { 101: 'pve1 30Gi stopped', 103: 'pve3 30Gi' });
      migrate(cluster, 101, 'pve3');
      wait(cluster, 300);
      expect(guestOf(cluster, 101).node).to.equal('pve3');
      expect(cluster.violations).to.deep.equal([]);
    });
  });

  it('takes a guest that is gone for one that breaks nothing', () => {
    const rule = { name: 'db', type: 'apart', guests: [101, 102] } as const;
    expect(breaches(rule, (vmid) => (vmid === 101 ? 'pve1' : undefined), [])).to.equal(0);
  });

  it('refuses what names no guest or node of the cluster', () => {
    expect(() => worldOf(APART, { 101: 'pve1' })).to.throw("'db' names no guest of the cluster: 102");
    expect(() => worldOf({ drained: ['pve9'] }, {})).to.throw("there is no node 'pve9'");
  });
});
