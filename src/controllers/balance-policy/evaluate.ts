import type { Cluster } from '../../balancing/cluster.ts';
import { planCslb } from '../../balancing/cslb.ts';
import type { BalanceSettings, Plan, PlannedMigration } from '../../balancing/plan.ts';
import type { Inventory, ProxmoxCluster } from '../proxmox-cluster.ts';
import { makesNoCandidate } from './local-fault.ts';
import type { DataProblem } from './policy-conditions.ts';
import { requestOf } from './start-migrations.ts';

/**
 * Plans on what was read, looks closely at each guest that the plan wants to move, and plans again without those that
 * Proxmox VE would not migrate, until a plan stands that nothing is known to prevent.
 */
export async function evaluate(
  cluster: Cluster,
  settings: BalanceSettings,
  proxmox: Pick<ProxmoxCluster, 'whatPreventsMigration'>,
  signal: AbortSignal,
): Promise<Plan> {
  const examined = new Set<string>();
  let considered = cluster;
  for (;;) {
    const plan = planCslb(considered, settings);
    const withheld = new Map<number, string>();
    for (const migration of plan.migrations) {
      const key = `${migration.vmid} ${migration.target}`;
      if (examined.has(key)) continue;
      examined.add(key);
      const prevents = await whatPrevents(migration, proxmox, signal);
      if (prevents !== undefined) withheld.set(migration.vmid, prevents);
    }
    if (withheld.size === 0) return plan;
    considered = {
      ...considered,
      guests: considered.guests.map((guest) => {
        const reason = withheld.get(guest.vmid);
        return reason === undefined ? guest : { ...guest, withheld: reason };
      }),
    };
  }
}

async function whatPrevents(
  migration: PlannedMigration,
  proxmox: Pick<ProxmoxCluster, 'whatPreventsMigration'>,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    return await proxmox.whatPreventsMigration(requestOf(migration), signal);
  } catch (error) {
    if (!makesNoCandidate(error)) throw error;
    return `it could not be looked at (${error.message})`;
  }
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
