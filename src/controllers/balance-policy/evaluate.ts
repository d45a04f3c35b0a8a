import type { Cluster, Guest } from '../../balancing/cluster.ts';
import type { GuestExamination } from '../../balancing/guest-examination.ts';
import type { BalanceSettings, Plan } from '../../balancing/plan.ts';
import { makePlan } from '../../balancing/planner.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Inventory } from '../proxmox-cluster.ts';
import { planningLimit } from './planning-limit.ts';
import type { DataProblem } from './policy-conditions.ts';

/**
 * Plans on what was read, takes a closer look at each guest that the plan wants to move, and plans again with what that
 * has shown, until every guest of the plan was looked at. Throws what `examine` throws.
 */
export async function evaluate(
  cluster: Cluster,
  settings: BalanceSettings,
  examine: (guest: Guest) => Promise<GuestExamination>,
  clock: Pick<Clock, 'monotonic'>,
): Promise<Plan> {
  let known = cluster;
  for (;;) {
    const plan = makePlan(known, settings, planningLimit(clock));
    const planned = new Set(plan.migrations.map(({ vmid }) => vmid));
    const unexamined = known.guests.filter(({ vmid, examination }) => planned.has(vmid) && !examination);
    if (unexamined.length === 0) return plan;
    const examined = await Promise.all(
      unexamined.map(async (guest) => [guest.vmid, await examine(guest)] as const),
    );
    known = withExaminations(known, new Map(examined));
  }
}

export function withExaminations(
  cluster: Cluster,
  examinations: ReadonlyMap<number, GuestExamination>,
): Cluster {
  const guests = cluster.guests.map((guest) => {
    const examination = examinations.get(guest.vmid);
    return examination ? { ...guest, examination } : guest;
  });
  return { ...cluster, guests };
}

const NAMED = 5;

/** What is not known of the cluster, in words; undefined when everything is. */
export function dataProblem({ cluster }: Pick<Inventory, 'cluster'>): DataProblem | undefined {
  const nodes = cluster.nodes.flatMap((node) =>
    node.availability === 'Unknown' ? [{ doubt: node.doubt, text: `node ${node.name}: ${node.detail}` }] : [],
  );
  const guests = cluster.unreadable.map(({ vmid, detail }) => `guest ${vmid}: ${detail}`);
  const all = [...nodes.map(({ text }) => text), ...guests];
  if (all.length === 0) return undefined;
  const stale = guests.length === 0 && nodes.every(({ doubt }) => doubt === 'Stale');
  const more = all.length > NAMED ? ` and ${all.length - NAMED} more` : '';
  return {
    reason: stale ? 'StaleData' : 'DataIncomplete',
    message: `Left out of the plan: ${all.slice(0, NAMED).join('; ')}${more}.`,
  };
}
