import type { Cluster, Guest } from '../../balancing/cluster.ts';
import type { GuestExamination } from '../../balancing/guest-examination.ts';
import type { BalanceSettings, Plan } from '../../balancing/plan.ts';
import { makePlan } from '../../balancing/planner.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Inventory } from '../proxmox-cluster.ts';
import { movedGuests } from './companions.ts';
import { planningLimit } from './planning-limit.ts';
import type { DataProblem } from './policy-conditions.ts';

/** How closely one evaluation may look at guests. */
export interface Looks {
  /** At how many of them; a look takes two calls. */
  readonly most: number;
  /**
   * What evaluations that had too many guests to look at have found of those that may not move. It is believed until one
   * gets through, so that each gets further than the one before. Changed to what the next one is to believe.
   */
  readonly held: Map<number, GuestExamination>;
}

/**
 * Plans on what was read, takes a closer look at each guest that the plan wants to move, and plans again with what that
 * has shown, until every guest of the plan was looked at, or too many were. Throws what `examine` throws.
 *
 * @param looks Without it, looks cost nothing.
 */
export async function evaluate(
  cluster: Cluster,
  settings: BalanceSettings,
  examine: (guest: Guest) => Promise<GuestExamination>,
  clock: Pick<Clock, 'monotonic'>,
  looks: Looks = { most: Number.POSITIVE_INFINITY, held: new Map() },
): Promise<Plan> {
  const examinations = new Map(looks.held);
  looks.held.clear();
  let known = withExaminations(cluster, examinations);
  for (let left = looks.most; ; ) {
    const plan = makePlan(known, settings, planningLimit(clock));
    const unexamined = unexaminedOf(plan, known);
    if (unexamined.length === 0) return plan;
    const looked = unexamined.slice(0, left);
    left -= looked.length;
    const examined = await Promise.all(
      looked.map(async (guest) => [guest.vmid, await examine(guest)] as const),
    );
    for (const [vmid, examination] of examined) examinations.set(vmid, examination);
    known = withExaminations(known, new Map(examined));
    if (looked.length === unexamined.length) continue;
    const found = makePlan(withoutOthers(known, looks.most), settings, planningLimit(clock));
    for (const { vmid } of found.skipped) {
      const examination = examinations.get(vmid);
      if (examination) looks.held.set(vmid, examination);
    }
    return found;
  }
}

/** In the plan's order. */
function unexaminedOf({ migrations }: Plan, { guests }: Cluster): readonly Guest[] {
  const byVmid = new Map(guests.map((guest) => [guest.vmid, guest]));
  const planned = migrations.flatMap((each) => movedGuests(each).map(({ vmid }) => vmid));
  return [...new Set(planned)]
    .flatMap((vmid) => byVmid.get(vmid) ?? [])
    .filter(({ examination }) => !examination);
}

/** Nobody moves that was not looked at. */
function withoutOthers(cluster: Cluster, most: number): Cluster {
  const detail = `an evaluation looks at ${most} guests at most, and at this one later`;
  const later: GuestExamination = { kind: 'Unread', detail };
  const guests = cluster.guests.map((guest) => ({ ...guest, examination: guest.examination ?? later }));
  return { ...cluster, guests };
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
