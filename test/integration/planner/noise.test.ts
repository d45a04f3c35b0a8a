import { expect } from 'chai';
import type { PlannerCase } from '../../../bench/planner/case.ts';
import { findFamily } from '../../../bench/planner/families.ts';
import { generateCase } from '../../../bench/planner/generator.ts';
import { createAdditiveCluster } from '../../../bench/planner/judge/additive-cluster.ts';
import type { Cluster, Guest } from '../../../src/balancing/cluster.ts';
import { makePlan } from '../../../src/balancing/planner.ts';
import { createRandom } from '../../../src/simulator/random.ts';

const ROUNDS = 500;
/** A cooldown of an hour with a round every five minutes. */
const COOLDOWN_ROUNDS = 12;
const NOISE = 0.1;

interface Departure {
  readonly round: number;
  readonly from: string;
}

interface NoisyRun {
  /** Moves of each round. */
  readonly moves: readonly number[];
  /** Guests that went back to a node within the cooldown after they had left it. */
  readonly returns: readonly string[];
}

/** A cluster whose loads are their usual ones, give or take a tenth, and another tenth in each round. */
function runWithNoise(start: PlannerCase, seed: number): NoisyRun {
  const random = createRandom(seed);
  const moves: number[] = [];
  const returns: string[] = [];
  const departures = new Map<number, Departure[]>();
  let cluster = start.cluster;
  for (let round = 0; round < ROUNDS; round += 1) {
    const noisy = withNoise(cluster, random);
    const { migrations } = makePlan(resting(noisy, departures, round), {
      ...start.settings,
      maxMigrations: 5,
    });
    const state = createAdditiveCluster(cluster);
    for (const { vmid, source, target } of migrations) {
      const before = departures.get(vmid) ?? [];
      if (before.some((each) => each.from === target && round - each.round < COOLDOWN_ROUNDS)) {
        returns.push(`${vmid} to ${target} in round ${round}`);
      }
      departures.set(vmid, [...before, { round, from: source }]);
      state.move(vmid, target);
    }
    moves.push(migrations.length);
    cluster = state.cluster();
  }
  return { moves, returns };
}

function withNoise(cluster: Cluster, random: () => number): Cluster {
  const factors = new Map(cluster.guests.map(({ vmid }) => [vmid, 1 + NOISE * (2 * random() - 1)]));
  const guests = cluster.guests.map((guest) => withFactor(guest, factors.get(guest.vmid) ?? 1));
  const nodes = cluster.nodes.map((node) => {
    if (node.availability !== 'Online') return node;
    const { figures } = node;
    const own = cluster.guests.filter((guest) => guest.node === node.name);
    const extra = (value: (guest: Guest) => number) =>
      own.reduce((sum, guest) => sum + value(guest) * ((factors.get(guest.vmid) ?? 1) - 1), 0);
    const memory = Math.round(extra((guest) => guest.memoryHostBytes || guest.memoryBytes));
    const busy = extra((guest) => guest.cpuUsedShare * guest.cpuCount);
    return {
      ...node,
      figures: {
        ...figures,
        memoryUsedBytes: figures.memoryUsedBytes + memory,
        memoryFreeBytes: figures.memoryFreeBytes - memory,
        cpuUsedShare: figures.cpuUsedShare + busy / figures.cpuThreads,
      },
    };
  });
  return { ...cluster, guests, nodes };
}

function withFactor(guest: Guest, factor: number): Guest {
  return {
    ...guest,
    cpuUsedShare: guest.cpuUsedShare * factor,
    memoryBytes: Math.round(guest.memoryBytes * factor),
    memoryHostBytes: Math.round(guest.memoryHostBytes * factor),
  };
}

function resting(
  cluster: Cluster,
  departures: ReadonlyMap<number, readonly Departure[]>,
  round: number,
): Cluster {
  const guests = cluster.guests.map((guest) => {
    const last = departures.get(guest.vmid)?.at(-1);
    return last !== undefined && round - last.round < COOLDOWN_ROUNDS
      ? { ...guest, restsUntil: '2026-01-01T00:00:00Z' }
      : guest;
  });
  return { ...cluster, guests };
}

describe('Optimize with loads that vary by a tenth over 500 rounds', () => {
  for (const family of ['equal', 'anticorrelated', 'tight']) {
    it(`never moves a guest back within its cooldown (${family})`, () => {
      const { moves, returns } = runWithNoise(
        generateCase(findFamily(family), { nodes: 6, guests: 60 }, 1),
        1,
      );
      expect(returns).to.deep.equal([]);
      // Else the test would show nothing.
      expect(moves.filter((count) => count > 0)).to.have.length.above(5);
    });
  }
});
