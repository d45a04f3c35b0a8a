import { expect } from 'chai';
import type { PlannerCase } from '../../../bench/planner/case.ts';
import { leastCostProblem } from '../../../bench/planner/exact/least-cost-problem.ts';
import { solve } from '../../../bench/planner/exact/solve.ts';
import { FAMILIES } from '../../../bench/planner/families.ts';
import { generateCase } from '../../../bench/planner/generator.ts';
import { judge, type Step } from '../../../bench/planner/judge/verdict.ts';
import { isWithinTolerance } from '../../../bench/planner/score.ts';

const GIB = 2 ** 30;

/** The least cost of any final placement within tolerance that meets all rules, by trying all of them. */
function leastCostByTrial(plannerCase: PlannerCase): number {
  const { cluster, settings } = plannerCase;
  const names = cluster.nodes.map(({ name }) => name);
  let least = Number.POSITIVE_INFINITY;
  for (let code = 0; code < names.length ** cluster.guests.length; code += 1) {
    const steps = cluster.guests.flatMap(({ vmid, node }, index): Step[] => {
      const target = names[Math.floor(code / names.length ** index) % names.length] ?? node;
      return target === node ? [] : [{ vmid, source: node, target }];
    });
    const verdict = judge(cluster, settings, steps);
    if (verdict.costBytes / GIB >= least || !isWithinTolerance(plannerCase, verdict)) continue;
    if (verdict.violations.after + verdict.undrained.after > 0) continue;
    // Order and room on the way are no part of the problem; who may move at all, and where to, is.
    const never = verdict.forbidden.filter(({ what }) => !what.includes('keeps it apart'));
    const breaksPair = verdict.violations.before === 0 && movesPart(plannerCase, steps);
    if (never.length === 0 && !breaksPair && hasRoomAtTheEnd(plannerCase, steps))
      least = verdict.costBytes / GIB;
  }
  return least;
}

/** A satisfied affinity cannot move without being broken for a while. */
function movesPart({ settings, cluster }: PlannerCase, steps: readonly Step[]): boolean {
  const kept = settings.placement.rules.filter(({ type }) => type === 'Affinity');
  return steps.some(({ vmid }) => {
    const tags = cluster.guests.find((guest) => guest.vmid === vmid)?.tags ?? [];
    return kept.some(
      ({ guests }) => guests.vmids.includes(vmid) || tags.some((tag) => guests.tags.includes(tag)),
    );
  });
}

function hasRoomAtTheEnd({ cluster, settings }: PlannerCase, steps: readonly Step[]): boolean {
  // Those that leave go first: then the room at each arrival is at least that at the end.
  const { overRoom } = judge(cluster, settings, steps);
  if (overRoom.length === 0) return true;
  return cluster.nodes.every((node) => {
    if (node.availability !== 'Online') return true;
    const sizeOf = (vmid: number) => cluster.guests.find((guest) => guest.vmid === vmid)?.memoryBytes ?? 0;
    const change = steps.reduce(
      (sum, { vmid, source, target }) =>
        sum + (target === node.name ? sizeOf(vmid) : 0) - (source === node.name ? sizeOf(vmid) : 0),
      0,
    );
    const { memoryUsedBytes, memoryTotalBytes } = node.figures;
    const limit = memoryTotalBytes * (1 - settings.placement.memoryReserveShare);
    return memoryUsedBytes + change <= Math.max(limit, memoryUsedBytes);
  });
}

describe('the exact solution', () => {
  const cases = FAMILIES.flatMap((family) =>
    [3, 4].map((seed) => generateCase(family, { nodes: 3, guests: 6 }, seed)),
  );
  for (const plannerCase of cases) {
    it(`costs what the best of all placements costs (${plannerCase.name})`, async () => {
      const { problem, choices } = leastCostProblem(plannerCase);
      const answer = await solve({ problem, timeLimitSeconds: 30, relativeGap: 1e-6, start: undefined });
      const expected = leastCostByTrial(plannerCase);
      if (expected === Number.POSITIVE_INFINITY) {
        expect(answer.status).to.equal('Infeasible');
        return;
      }
      expect(answer.status).to.equal('Optimal');
      expect(answer.cost).to.be.closeTo(expected, 1e-3);
      const steps = choices.filter(({ variable }) => answer.chosen.includes(variable));
      const verdict = judge(plannerCase.cluster, plannerCase.settings, steps);
      expect(verdict.costBytes / GIB).to.be.closeTo(expected, 1e-3);
      expect(isWithinTolerance(plannerCase, verdict)).to.equal(true);
    });
  }
});
