import type { PlannerCase } from '../../bench/planner/case.ts';
import { createAdditiveCluster } from '../../bench/planner/judge/additive-cluster.ts';
import { judge, type Step } from '../../bench/planner/judge/verdict.ts';
import { isWithinTolerance } from '../../bench/planner/score.ts';

/**
 * Whether single moves, none of which the judge objects to, lead to a placement within tolerance with everything asked for met:
 * by trying all of them, so for a handful of guests only. The moves, or undefined.
 */
export function wayToTolerance(plannerCase: PlannerCase): readonly Step[] | undefined {
  const { cluster, settings } = plannerCase;
  const start: readonly Step[] = [];
  const seen = new Set([keyOf(plannerCase, start)]);
  let frontier = [start];
  while (frontier.length > 0) {
    const next: (readonly Step[])[] = [];
    for (const way of frontier) {
      const verdict = judge(cluster, settings, way);
      if (
        isWithinTolerance(plannerCase, verdict) &&
        verdict.violations.after + verdict.undrained.after === 0
      ) {
        return way;
      }
      for (const step of stepsFrom(plannerCase, way)) {
        const longer = [...way, step];
        const key = keyOf(plannerCase, longer);
        if (seen.has(key)) continue;
        const { worsened, overRoom, forbidden } = judge(cluster, settings, longer);
        if (worsened.length + overRoom.length + forbidden.length > 0) continue;
        seen.add(key);
        next.push(longer);
      }
    }
    frontier = next;
  }
  return undefined;
}

function stepsFrom({ cluster }: PlannerCase, way: readonly Step[]): readonly Step[] {
  const state = createAdditiveCluster(cluster);
  for (const { vmid, target } of way) state.move(vmid, target);
  return cluster.guests.flatMap(({ vmid }) => {
    const source = state.nodeOf(vmid) ?? '';
    return cluster.nodes.flatMap(({ name }) => (name === source ? [] : [{ vmid, source, target: name }]));
  });
}

function keyOf({ cluster }: PlannerCase, way: readonly Step[]): string {
  const ends = new Map(way.map(({ vmid, target }) => [vmid, target]));
  return cluster.guests.map(({ vmid, node }) => ends.get(vmid) ?? node).join();
}
