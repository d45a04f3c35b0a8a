import { expect } from 'chai';
import { nodeLoad, weighNodes, weightShares } from '../../../src/balancing/node-weight.ts';
import { gib, type NodeTraits, node } from '../../support/cluster-model.ts';

const SHARES = weightShares({ cpu: 40, memory: 60 });

function weigh(traits: readonly NodeTraits[], shares = SHARES) {
  const loads = traits.map((each, index) => ({ load: nodeLoad(node(`pve${index}`, each).figures) }));
  return weighNodes(loads, shares).map(({ weight, overloaded }) => ({ weight, overloaded }));
}

describe('the weight of a node', () => {
  it('is 100 when idle and grows as less is free', () => {
    // 0.4 · 16/8 · 100 + 0.6 · 100/25 · 100
    expect(weigh([{}, { load: 8, memoryUsedGib: 75 }])).to.deep.equal([
      { weight: 100, overloaded: false },
      { weight: 320, overloaded: false },
    ]);
  });

  it('counts pages shared by KSM as used', () => {
    expect(weigh([{ memoryUsedGib: 50, ksmSharedBytes: gib(25) }])[0]?.weight).to.equal(280);
  });

  it('of an unknown clock is that of 1 MHz, so that only cores count', () => {
    expect(weigh([{ cpuMhz: 0, load: 8 }])).to.deep.equal(weigh([{ cpuMhz: 2_000, load: 8 }]));
  });

  it('takes logical CPUs where cores could not be counted (ARM)', () => {
    const arm = { cpuCores: 1, cpuSockets: 4, cpuThreads: 80, load: 40 };
    expect(weigh([arm])).to.deep.equal([{ weight: 140, overloaded: false }]);
    expect(weigh([{ ...arm, cpuCores: 0, cpuSockets: 0 }])[0]?.weight).to.equal(140);
  });

  describe('that is overloaded', () => {
    it('is what it would be with 1 % free', () => {
      // 0.4 · 100 · 100 + 0.6 · 2 · 100, and 0.4 · 2 · 100 + 0.6 · 100 · 100
      expect(weigh([{ load: 16, memoryUsedGib: 50 }])).to.deep.equal([{ weight: 4_120, overloaded: true }]);
      expect(weigh([{ load: 8, memoryUsedGib: 100 }])).to.deep.equal([{ weight: 6_080, overloaded: true }]);
    });

    it('does not turn negative however far the load is above the cores', () => {
      expect(weigh([{ load: 17 }, { load: 400 }])).to.deep.equal([
        { weight: 4_060, overloaded: true },
        { weight: 4_060, overloaded: true },
      ]);
    });

    it('is at least that of every other node', () => {
      const nearlyFull = { memoryUsedBytes: gib(100) - 1 };
      const [full, heavy] = weigh([{ load: 20 }, nearlyFull]);
      expect(heavy?.overloaded).to.equal(false);
      expect(full).to.deep.equal({ weight: heavy?.weight, overloaded: true });
    });

    it('is not so by a resource that does not count', () => {
      expect(weigh([{ load: 40, memoryUsedGib: 50 }], weightShares({ cpu: 0, memory: 1 }))).to.deep.equal([
        { weight: 200, overloaded: false },
      ]);
      expect(weigh([{ load: 8, memoryUsedGib: 100 }], weightShares({ cpu: 1, memory: 0 }))).to.deep.equal([
        { weight: 200, overloaded: false },
      ]);
    });
  });
});
