import { expect } from 'chai';
import fc from 'fast-check';
import type { Cluster, Guest, OnlineNode } from '../../../src/balancing/cluster.ts';
import { planCslb } from '../../../src/balancing/cslb.ts';
import type { BalanceSettings, Plan } from '../../../src/balancing/plan.ts';
import { matchesAnyGlob } from '../../../src/lib/glob.ts';
import { anyCluster, anySettings, extreme, realistic } from '../../support/cluster-arbitraries.ts';

interface Move {
  readonly guest: Guest;
  readonly source: OnlineNode;
  readonly target: OnlineNode;
}

/** The moves of a plan with the guests and nodes they name, which must exist. */
function movesOf(plan: Plan, cluster: Cluster): Move[] {
  const nodeOf = (name: string): OnlineNode => {
    const node = cluster.nodes.find((each) => each.name === name);
    if (node?.availability !== 'Online') throw new Error(`${name} is not an online node`);
    return node;
  };
  return plan.migrations.map((migration) => {
    const guest = cluster.guests.find(({ vmid }) => vmid === migration.vmid);
    if (!guest) throw new Error(`there is no guest ${migration.vmid}`);
    expect(migration).to.include({
      type: guest.type,
      name: guest.name,
      source: guest.node,
      memoryBytes: guest.memoryBytes,
    });
    return { guest, source: nodeOf(migration.source), target: nodeOf(migration.target) };
  });
}

function alwaysHolds(check: (plan: Plan, cluster: Cluster, settings: BalanceSettings) => void): void {
  const clusters = fc.oneof(anyCluster(realistic), anyCluster(extreme));
  fc.assert(
    fc.property(clusters, anySettings, (cluster, settings) => {
      check(planCslb(cluster, settings), cluster, settings);
    }),
    { numRuns: 300 },
  );
}

describe('whatever the cluster, planCslb', () => {
  it('plans something in a fair share of these clusters', () => {
    let migrations = 0;
    fc.assert(
      fc.property(anyCluster(realistic), anySettings, (cluster, settings) => {
        migrations += planCslb(cluster, settings).migrations.length;
      }),
      { numRuns: 300, seed: 1 },
    );
    expect(migrations).to.be.greaterThan(60);
  });

  it('never moves a guest to an overloaded node', () => {
    alwaysHolds((plan, cluster, { weights }) => {
      const overloaded = plan.nodes.filter(({ role }) => role === 'Overloaded').map(({ name }) => name);
      for (const { target } of movesOf(plan, cluster)) {
        expect(overloaded).to.not.include(target.name);
        const { figures } = target;
        const [one, five, fifteen] = figures.loadAverage;
        const logicalCpus = Math.max(figures.cpuCores, figures.cpuThreads);
        expect(one / 3 + five / 3 + fifteen / 3).to.be.below(logicalCpus);
        if (weights.memory > 0) {
          expect(figures.memoryUsedBytes + figures.ksmSharedBytes).to.be.below(figures.memoryTotalBytes);
        }
      }
    });
  });

  it('never makes more than maxMigrations moves', () => {
    alwaysHolds((plan, _, settings) => expect(plan.migrations.length).to.be.at.most(settings.maxMigrations));
  });

  it('never moves a guest that is excluded, locked, busy, or else may not move', () => {
    alwaysHolds((plan, cluster, { exclusions, containers }) => {
      for (const { guest } of movesOf(plan, cluster)) {
        expect(guest).to.include({ status: 'running', template: false, settling: false });
        expect([guest.lock, guest.activeTask]).to.deep.equal([undefined, undefined]);
        expect(guest.tags).to.not.include('pve-cslb-ignore');
        expect(exclusions.vmids).to.not.include(guest.vmid);
        expect(exclusions.types).to.not.include(guest.type);
        expect(guest.tags.some((tag) => matchesAnyGlob(exclusions.tags, tag))).to.equal(false);
        expect(guest.pool !== undefined && matchesAnyGlob(exclusions.pools, guest.pool)).to.equal(false);
        if (containers === 'Never') expect(guest.type).to.equal('qemu');
      }
    });
  });

  it('never moves a guest that HA holds, moves along or rebalances', () => {
    alwaysHolds((plan, cluster) => {
      for (const { guest } of movesOf(plan, cluster)) {
        if (guest.ha === undefined) continue;
        expect(guest.ha).to.include({ state: 'started', fault: undefined });
        expect(cluster.ha).to.include({ hold: undefined, nativeRebalancing: false });
        const others = new Set(cluster.guests.map(({ vmid }) => vmid));
        for (const rule of cluster.ha.rules) {
          if (rule.kind !== 'ResourceAffinity' || rule.affinity === 'Negative') continue;
          if (!rule.vmids.includes(guest.vmid)) continue;
          expect(rule.vmids.filter((vmid) => vmid !== guest.vmid && others.has(vmid))).to.deep.equal([]);
        }
      }
    });
  });

  it('never brings guests together that HA keeps apart, nor puts one where HA would not leave it', () => {
    alwaysHolds((plan, cluster) => {
      for (const { guest, target } of movesOf(plan, cluster)) {
        if (guest.ha === undefined) continue;
        for (const rule of cluster.ha.rules.filter(({ vmids }) => vmids.includes(guest.vmid))) {
          if (rule.kind === 'ResourceAffinity') {
            const there = cluster.guests.filter(({ node }) => node === target.name);
            expect(there.filter(({ vmid }) => rule.vmids.includes(vmid))).to.deep.equal([]);
          } else if (rule.strict) {
            const listed = rule.nodes.some(({ name }) => name === target.name);
            expect(listed).to.equal(rule.affinity === 'Positive');
          }
        }
      }
    });
  });

  it('never moves a guest to an older version, off its replication, or away from what it needs', () => {
    alwaysHolds((plan, cluster, { localDisks }) => {
      for (const { guest, source, target } of movesOf(plan, cluster)) {
        expect(guest.replicationTargets ?? [target.name]).to.include(target.name);
        // Of the versions in these clusters.
        const oldestFirst = ['8.4.21', '9.1', '9.1.2'];
        const [from, to] = [source, target].map(({ figures }) => oldestFirst.indexOf(figures.pveVersion));
        expect(to).to.be.at.least(from ?? 0);
        if (from === -1) expect(to).to.equal(-1);
        expect(target.figures.architecture).to.equal(source.figures.architecture);
        if (guest.examination === undefined) continue;
        if (guest.examination.kind !== 'Examined') throw new Error(`${guest.vmid} may not be moved`);
        const { devices, dependents, volumes, allowedNodes, cpu } = guest.examination;
        expect([...devices, ...dependents]).to.deep.equal([]);
        expect(allowedNodes ?? [target.name]).to.include(target.name);
        if (cpu?.kind !== 'Named') expect(target.figures.cpuModel).to.equal(source.figures.cpuModel);
        for (const { local, kind } of volumes) {
          if (local && kind !== 'CloudInit') expect([localDisks, kind]).to.deep.equal([true, 'Disk']);
        }
      }
    });
  });

  it('never touches an excluded node', () => {
    alwaysHolds((plan, _, { exclusions }) => {
      for (const { source, target } of plan.migrations) {
        expect(matchesAnyGlob(exclusions.nodes, source)).to.equal(false);
        expect(matchesAnyGlob(exclusions.nodes, target)).to.equal(false);
      }
    });
  });

  it('uses each source and each target once, and no node as both', () => {
    alwaysHolds((plan) => {
      const nodes = plan.migrations.flatMap(({ source, target }) => [source, target]);
      expect(new Set(nodes).size).to.equal(nodes.length);
    });
  });

  it('only moves guests to where they have room', () => {
    alwaysHolds((plan, cluster) => {
      for (const { guest, target } of movesOf(plan, cluster)) {
        const { memoryTotalBytes, memoryUsedBytes, memoryFreeBytes } = target.figures;
        const incoming = cluster.incoming
          .filter(({ node }) => node === target.name)
          .reduce((sum, { bytes }) => sum + bytes, 0);
        const room = memoryTotalBytes - memoryUsedBytes - incoming;
        expect(room).to.be.at.least(Math.max(guest.memoryBytes, guest.memoryHostBytes));
        expect(memoryFreeBytes).to.be.above(guest.memoryBytes);
        expect(target.uptimeSeconds).to.be.at.least(300);
      }
    });
  });

  it('moves nothing where it finds balance, or cannot judge, and says why where it finds nothing to move', () => {
    alwaysHolds((plan) => {
      expect(plan.balanced === undefined).to.equal(plan.undecided !== undefined);
      expect(plan.exhausted !== undefined).to.equal(plan.balanced === false && plan.migrations.length === 0);
      if (plan.balanced !== false) expect(plan.migrations).to.deep.equal([]);
      if (plan.migrations.length === 0) expect(plan.predicted).to.deep.equal(plan.imbalance);
    });
  });

  it('only says finite numbers', () => {
    alwaysHolds((plan) => {
      for (const { value, mean, deviation } of [plan.imbalance, plan.predicted]) {
        expect([value ?? 0, mean, deviation].every(Number.isFinite)).to.equal(true);
      }
      for (const { weight } of plan.nodes) {
        if (weight !== undefined) expect(Number.isSafeInteger(weight)).to.equal(true);
      }
      for (const { reason } of plan.migrations) expect(reason).to.not.match(/NaN|Infinity|undefined/);
      expect(plan.exhausted ?? '').to.not.match(/NaN|Infinity|undefined/);
    });
  });

  it('mentions each guest that may not move once, and none that moves', () => {
    alwaysHolds((plan, cluster) => {
      const skipped = plan.skipped.map(({ vmid }) => vmid);
      expect(skipped).to.deep.equal([...new Set(skipped)].sort((left, right) => left - right));
      for (const { vmid } of plan.migrations) expect(skipped).to.not.include(vmid);
      for (const vmid of skipped) {
        const guest = cluster.guests.find((each) => each.vmid === vmid);
        expect(guest?.template || guest?.status !== 'stopped').to.equal(true);
      }
    });
  });

  it('plans the same in whatever order the lists are', () => {
    const shuffled = anyCluster(realistic).chain((cluster) =>
      fc.record({
        cluster: fc.constant(cluster),
        other: fc.record({
          nodes: shuffle(cluster.nodes),
          guests: shuffle(cluster.guests),
          unreadable: fc.constant(cluster.unreadable),
          incoming: shuffle(cluster.incoming),
          ha: fc.record({
            hold: fc.constant(cluster.ha.hold),
            nativeRebalancing: fc.constant(cluster.ha.nativeRebalancing),
            rules: shuffle(cluster.ha.rules),
            services: shuffle(cluster.ha.services),
          }),
          storages: shuffle(cluster.storages),
        }),
      }),
    );
    fc.assert(
      fc.property(shuffled, anySettings, ({ cluster, other }, settings) => {
        expect(planCslb(other, settings)).to.deep.equal(planCslb(cluster, settings));
      }),
      { numRuns: 300 },
    );
  });

  it('does not change what it is given', () => {
    fc.assert(
      fc.property(anyCluster(realistic), anySettings, (cluster, settings) => {
        const before = structuredClone({ cluster, settings });
        planCslb(cluster, settings);
        expect({ cluster, settings }).to.deep.equal(before);
      }),
    );
  });
});

function shuffle<T>(items: readonly T[]): fc.Arbitrary<T[]> {
  return fc.shuffledSubarray([...items], { minLength: items.length, maxLength: items.length });
}
