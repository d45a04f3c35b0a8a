import { planCslb } from '../../../src/balancing/cslb.ts';
import type { PlannerCase } from '../case.ts';
import { createAdditiveCluster } from '../judge/additive-cluster.ts';
import type { Step } from '../judge/verdict.ts';

/** After this many runs it is taken to go on forever. */
const MOST_RUNS = 200;

/** The moves of Cslb, run again on what its moves have made of the cluster until it proposes nothing. */
export function runCslb({ cluster, settings }: PlannerCase): readonly Step[] {
  const state = createAdditiveCluster(cluster);
  const steps: Step[] = [];
  for (let run = 0; run < MOST_RUNS; run += 1) {
    const { migrations } = planCslb(state.cluster(), { ...settings, strategy: 'Cslb', maxMigrations: 5 });
    if (migrations.length === 0) break;
    for (const step of migrations) state.move(step.vmid, step.target);
    steps.push(...migrations);
  }
  return steps;
}
