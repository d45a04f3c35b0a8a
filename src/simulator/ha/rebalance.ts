import type { Cluster } from '../world/cluster.ts';
import { demandedCores, type Guest, guestMemoryBytes } from '../world/guest.ts';
import { nodeLoad } from '../world/load.ts';
import { availableNodes, motionTo } from './placement.ts';
import { haGuests } from './resources.ts';
import { applyPreference, nodePreference } from './rules.ts';
import { serviceOf } from './service.ts';

const DEFAULT_THRESHOLD = 30;
const DEFAULT_MARGIN = 10;
const DEFAULT_HOLD_ROUNDS = 3;

/**
 * PVE 9.2's own balancing (docs/proxmox-api.md §10.1): when the nodes' loads have been too far apart for some rounds and
 * nothing moves, the one move that helps most is queued. Loads are judged by CPU and memory alike.
 */
export function rebalance(cluster: Cluster): void {
  const { ha } = cluster;
  if (!isRebalancing(cluster) || somethingMoves(cluster)) {
    ha.unbalancedRounds = 0;
    return;
  }
  const loads = loadsOf(cluster);
  if (imbalance(loads) <= option(cluster, 'threshold', DEFAULT_THRESHOLD)) {
    ha.unbalancedRounds = 0;
    return;
  }
  ha.unbalancedRounds += 1;
  if (ha.unbalancedRounds <= option(cluster, 'hold-duration', DEFAULT_HOLD_ROUNDS)) return;
  ha.unbalancedRounds = 0;
  const best = bestMove(cluster, loads);
  if (!best) return;
  const service = serviceOf(cluster, best.guest);
  const command = best.guest.type === 'qemu' ? 'migrate' : 'relocate';
  if (service) service.request = { command, target: best.target };
}

function isRebalancing(cluster: Cluster): boolean {
  const master = cluster.ha.master === undefined ? undefined : cluster.node(cluster.ha.master);
  if (!master?.profile.features.has('haAutoRebalance')) return false;
  const mode = cluster.options.part('crs', 'ha');
  const isOn = cluster.options.part('crs', 'ha-auto-rebalance') === '1';
  return isOn && (mode === 'static' || mode === 'dynamic');
}

function option(cluster: Cluster, name: string, otherwise: number): number {
  return Number(cluster.options.part('crs', `ha-auto-rebalance-${name}`) ?? otherwise);
}

function somethingMoves(cluster: Cluster): boolean {
  return haGuests(cluster).some((guest) => {
    const service = serviceOf(cluster, guest);
    return service && (service.request !== undefined || service.state !== 'started');
  });
}

function loadsOf(cluster: Cluster): Map<string, number> {
  return new Map(
    availableNodes(cluster).map((name) => {
      const node = cluster.node(name);
      const load = nodeLoad(cluster, node);
      return [name, (load.demandedCores / node.cpus + load.memoryNeedBytes / node.memoryBytes) / 2];
    }),
  );
}

/** Standard deviation in percent of the mean. */
function imbalance(loads: ReadonlyMap<string, number>): number {
  const values = [...loads.values()];
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return mean > 0 ? (Math.sqrt(variance) / mean) * 100 : 0;
}

function bestMove(cluster: Cluster, loads: ReadonlyMap<string, number>) {
  const before = imbalance(loads);
  const needed = before * (1 - option(cluster, 'margin', DEFAULT_MARGIN) / 100);
  return haGuests(cluster)
    .flatMap((guest) => targetsOf(cluster, guest).map((target) => ({ guest, target })))
    .map((move) => ({ ...move, after: imbalance(afterMove(cluster, loads, move.guest, move.target)) }))
    .filter((move) => move.after <= needed)
    .sort((left, right) => left.after - right.after)[0];
}

function targetsOf(cluster: Cluster, guest: Guest): string[] {
  const service = serviceOf(cluster, guest);
  if (!service || service.resource.autoRebalance === false) return [];
  const { best } = applyPreference(nodePreference(cluster, guest), availableNodes(cluster));
  return best.filter((node) => {
    const motion = motionTo(cluster, guest, node);
    return node !== service.node && motion.blocking.length === 0 && motion.comigrated.length === 0;
  });
}

function afterMove(
  cluster: Cluster,
  loads: ReadonlyMap<string, number>,
  guest: Guest,
  target: string,
): ReadonlyMap<string, number> {
  const after = new Map(loads);
  const elapsed = cluster.elapsedMs();
  for (const [node, sign] of [[guest.node, -1] as const, [target, 1] as const]) {
    const { cpus, memoryBytes } = cluster.node(node);
    const share = (demandedCores(guest, elapsed) / cpus + guestMemoryBytes(guest, elapsed) / memoryBytes) / 2;
    if (after.has(node)) after.set(node, (after.get(node) ?? 0) + sign * share);
  }
  return after;
}
