import { expect } from 'chai';
import type { Cluster } from '../../../../src/balancing/cluster.ts';
import { NO_HA } from '../../../../src/balancing/high-availability.ts';
import { planOptimize } from '../../../../src/balancing/optimize/optimize.ts';
import type { Plan } from '../../../../src/balancing/plan.ts';
import { gib, haService, node } from '../../../support/cluster-model.ts';
import { loaded, vm } from '../../../support/loaded-cluster.ts';
import { optimize, rule } from '../../../support/placement-settings.ts';

const THREE = ['pve1', 'pve2', 'pve3'];
const locked = { lock: 'backup' };

function movesOf({ migrations }: Plan): string[] {
  return migrations.map(({ vmid, source, target }) => `${vmid} ${source} ${target}`);
}

/** So many guests of 1 GiB on each node: with them there are too many placements to look at each. */
function crowd(names: readonly string[], each: number) {
  return names.flatMap((name, at) =>
    Array.from({ length: each }, (_, index) => vm(1_000 + at * each + index, name, 1)),
  );
}

describe('the search of Optimize', () => {
  it('evens out the rest where a huge guest cannot leave a drained node', () => {
    // 101 would lift any node far above the others, but none has room for it.
    const guests = [
      vm(101, 'pve1', 60),
      ...[1, 2, 3, 4, 5].map((number) => vm(110 + number, 'pve2', 5)),
      vm(120, 'pve3', 5),
    ];
    const placement = { drainNodes: ['pve1'], memoryReserveShare: 0.45 };
    const plan = planOptimize(loaded(THREE, guests), optimize({ placement }));

    expect(plan.unmet).to.deep.equal({ before: 1, after: 1 });
    expect(plan.predicted.value).to.be.at.most(0.1 + 1e-9);
  });

  it('makes no detour by a node that the guest could not leave again', () => {
    const guests = [
      vm(101, 'pve1', 40, 1),
      vm(102, 'pve2', 40, 5),
      vm(103, 'pve1', 50, 0, locked),
      vm(104, 'pve2', 50, 4, locked),
      vm(105, 'pve3', 60, 7, locked),
    ];
    const model = loaded(THREE, guests);
    const newer = node('pve3', { memoryUsedGib: 60, cpuUsedShare: 7 / 32, pveVersion: '9.2.1' });
    const nodes = model.nodes.map((each) => (each.name === 'pve3' ? newer : each));
    const weights = { cpu: 1, memory: 0 };

    expect(movesOf(planOptimize(model, optimize({ weights })))).to.include('101 pve3 pve2');
    expect(movesOf(planOptimize({ ...model, nodes }, optimize({ weights })))).to.not.include('101 pve3 pve2');
  });

  it('gathers as many guests as there is room for', () => {
    const names = [...THREE, 'pve4'];
    const guests = [
      vm(101, 'pve1', 50),
      vm(102, 'pve2', 2),
      vm(103, 'pve3', 50),
      ...names.map((name, at) => vm(110 + at, name, 40, 0, locked)),
      ...crowd(names, 3),
    ];
    const plan = planOptimize(
      loaded(names, guests),
      optimize({ tolerance: 1, placement: { rules: [rule('Affinity', [101, 102, 103])] } }),
    );

    expect(plan.unmet).to.deep.equal({ before: 2, after: 1 });
    expect(plan.migrations.map(({ vmid }) => vmid)).to.deep.equal([102]);
  });

  it('gathers the guests of rules that share some where all of them can be', () => {
    // 105 stays where it is, so that the others follow.
    const names = [...THREE, 'pve4', 'pve5'];
    const chain = names.map((name, at) => vm(101 + at, name, 2, 0, name === 'pve5' ? locked : {}));
    const rules = [101, 102, 103, 104].map((vmid) =>
      rule('Affinity', [vmid, vmid + 1], { name: `r${vmid}` }),
    );
    const model = loaded(names, [...chain, ...crowd(names, 3)]);
    const plan = planOptimize(model, optimize({ tolerance: 0.2, placement: { rules } }));

    expect(plan.unmet).to.deep.equal({ before: 4, after: 0 });
    expect(plan.migrations.map(({ vmid, target }) => `${vmid} ${target}`)).to.have.members([
      '101 pve5',
      '102 pve5',
      '103 pve5',
      '104 pve5',
    ]);
  });

  it('lets a guest leave a drained node whose rule can be kept nowhere', () => {
    const guests = [vm(101, 'pve1', 10), vm(102, 'pve2', 95, 0, locked), ...crowd(['pve3'], 20)];
    const placement = { rules: [rule('Affinity', [101, 102])], drainNodes: ['pve1'] };
    const plan = planOptimize(loaded(THREE, guests), optimize({ tolerance: 1, placement }));

    expect(movesOf(plan)).to.deep.equal(['101 pve1 pve3']);
  });

  it('needs room on the target also for a running guest whose memory is not known', () => {
    const guests = [vm(101, 'pve1', 0, 8), vm(102, 'pve2', 99, 0, locked)];
    const settings = (status: string) =>
      planOptimize(
        loaded(
          ['pve1', 'pve2'],
          guests.map((each) => (each.vmid === 101 ? { ...each, status } : each)),
        ),
        optimize({ placement: { drainNodes: ['pve1'], memoryReserveShare: 0.1 } }),
      );

    expect(movesOf(settings('running'))).to.deep.equal([]);
    expect(movesOf(settings('stopped'))).to.deep.equal(['101 pve1 pve2']);
  });

  it('parts no guests for a rule of HA that does not bind them', () => {
    const model: Cluster = {
      ...loaded(THREE, [vm(101, 'pve1', 5, 0, { ha: haService() }), vm(102, 'pve1', 5)]),
      ha: {
        ...NO_HA,
        rules: [{ kind: 'ResourceAffinity', name: 'apart', vmids: [101, 102], affinity: 'Negative' }],
      },
    };

    expect(planOptimize(model, optimize())).to.deep.include({ balanced: true, migrations: [] });
  });

  it('grants preferred rules whatever gain a plan must have', () => {
    const rules = [rule('AntiAffinity', [101, 102], { enforcement: 'Preferred' })];
    const model = loaded(THREE, [vm(101, 'pve1', 2), vm(102, 'pve1', 2), vm(103, 'pve2', 2)]);
    const plan = planOptimize(model, optimize({ minimumGain: 0.05, placement: { rules } }));

    expect(plan.migrations).to.have.length(1);
  });

  it('moves no guest to and fro', () => {
    const total = { pve1: 38.8, pve2: 16, pve3: 22.5, pve4: 16 };
    const guests = [
      vm(100, 'pve1', 6, 0.03),
      vm(101, 'pve1', 0, 0, { status: 'stopped' }),
      vm(102, 'pve2', 15, 0.36),
      vm(103, 'pve1', 5, 0.58),
      vm(104, 'pve3', 15, 2.58, { type: 'lxc' }),
      vm(105, 'pve1', 10, 0.03),
      vm(106, 'pve4', 3, 2.11),
      vm(109, 'pve1', 8, 0.83),
      vm(110, 'pve3', 3, 2),
    ];
    const used = { pve1: 33, pve2: 15, pve3: 22, pve4: 3 };
    const cpus = { pve1: [3.3, 64], pve2: [1.6, 64], pve3: [8.2, 64], pve4: [14.2, 16] } as const;
    const nodes = (['pve1', 'pve2', 'pve3', 'pve4'] as const).map((name) =>
      node(name, {
        memoryTotalBytes: gib(total[name]),
        memoryUsedGib: used[name],
        cpuThreads: cpus[name][1],
        cpuUsedShare: cpus[name][0] / 100,
      }),
    );
    const rules = [
      rule('Affinity', [101, 103], { name: 'r10' }),
      rule('Pin', [100, 102], { name: 'r02', nodes: ['pve3'] }),
      rule('Affinity', [101, 103, 110], { name: 'r61' }),
    ];
    const plan = planOptimize(
      { ...loaded([], guests), nodes },
      optimize({ tolerance: 0.05, containers: 'Restart', placement: { rules } }),
    );

    expect(plan.unmet).to.deep.equal({ before: 3, after: 1 });
    expect(plan.migrations.length).to.be.below(9);
  });
});
