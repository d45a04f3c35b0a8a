import { planCslb } from '../src/balancing/cslb.ts';
import { NO_PLACEMENT } from '../src/balancing/placement.ts';
import type { BalanceSettings } from '../src/balancing/plan.ts';
import { formatTable } from '../src/commands/table.ts';
import { readInventory } from '../src/proxmox/inventory.ts';
import { createSnapshotReader } from '../src/proxmox/snapshot.ts';
import { largeClusterResponses } from './large-cluster.ts';
import { printBenchmark } from './planner/benchmark.ts';

const NODES = [10, 100] as const;
const GUESTS = [1_000, 10_000] as const;
const REPETITIONS = 25;

const SETTINGS: BalanceSettings = {
  strategy: 'Cslb',
  tolerance: 0.05,
  weights: { cpu: 40, memory: 60 },
  exclusions: { nodes: ['spare*'], vmids: [101, 102], types: [], tags: ['pin*'], pools: ['test/*'] },
  maxMigrations: 1_000,
  containers: 'Never',
  localDisks: false,
  placement: NO_PLACEMENT,
  minimumGain: 0,
};

async function measure(nodes: number, guests: number): Promise<string[]> {
  const reader = createSnapshotReader({ responses: largeClusterResponses(nodes, guests) });
  const began = performance.now();
  const { cluster, apiCalls } = await readInventory(reader);
  const inventoryMs = performance.now() - began;
  const durations = Array.from({ length: REPETITIONS }, () => {
    const start = performance.now();
    planCslb(cluster, SETTINGS);
    return performance.now() - start;
  });
  const { migrations } = planCslb(cluster, SETTINGS);
  return [
    String(nodes),
    String(guests),
    median(durations).toFixed(2),
    Math.max(...durations).toFixed(2),
    String(migrations.length),
    inventoryMs.toFixed(1),
    String(apiCalls),
    String(9 + nodes),
  ];
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? 0;
}

const rows: string[][] = [];
for (const nodes of NODES) for (const guests of GUESTS) rows.push(await measure(nodes, guests));

const titles = ['NODES', 'GUESTS', 'PLAN MS', 'SLOWEST', 'MOVES', 'READ MS', 'API CALLS', 'AT MOST'];
console.log(
  `Cslb: median of ${REPETITIONS} plans, goal under 50 ms at 100 x 10000; calls of one cycle, at most 9 + N.\n`,
);
for (const line of formatTable(
  titles.map((title) => ({ title, align: 'right' })),
  rows,
)) {
  console.log(line);
}

console.log('\nOptimize (docs/benchmarks.md):');
await printBenchmark('Short');
