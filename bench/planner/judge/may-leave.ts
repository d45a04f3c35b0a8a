import type { Cluster, ClusterStorage, Guest } from '../../../src/balancing/cluster.ts';
import type { ExaminedGuest, GuestVolume } from '../../../src/balancing/guest-examination.ts';
import type { BalanceSettings } from '../../../src/balancing/plan.ts';
import { matchesAnyGlob } from '../../../src/lib/glob.ts';

/**
 * Why a guest must stay on the node where it is (design: what may move), in words; undefined when it may leave.
 *
 * @param moving VMIDs of all that move by the same migration; it alone when absent.
 */
export function whyItMustStay(
  guest: Guest,
  node: string,
  cluster: Cluster,
  settings: BalanceSettings,
  moving: ReadonlySet<number> = new Set([guest.vmid]),
): string | undefined {
  const drained = matchesAnyGlob(settings.placement.drainNodes, node);
  const source = cluster.nodes.find(({ name }) => name === node);
  if (source?.availability !== 'Online') return 'its node is not online';
  if (matchesAnyGlob(settings.exclusions.nodes, node)) return 'its node is excluded';
  if (guest.template) return 'it is a template';
  if (guest.status !== 'running' && !(guest.status === 'stopped' && drained)) return `it is ${guest.status}`;
  return (
    whyHeld(guest, settings) ??
    whyHaHolds(guest, cluster, moving) ??
    whyBound(guest, cluster, settings, moving)
  );
}

function whyHeld(guest: Guest, { exclusions, containers }: BalanceSettings): string | undefined {
  const { vmid, type, tags, pool, lock, activeTask, settling, restsUntil, status } = guest;
  if (tags.includes('pve-cslb-ignore')) return 'it has the ignore tag';
  if (exclusions.vmids.includes(vmid)) return 'its VMID is excluded';
  if (exclusions.types.includes(type)) return 'its type is excluded';
  if (tags.some((tag) => matchesAnyGlob(exclusions.tags, tag))) return 'one of its tags is excluded';
  if (pool !== undefined && matchesAnyGlob(exclusions.pools, pool)) return 'its pool is excluded';
  if (lock !== undefined) return 'it is locked';
  if (activeTask !== undefined) return 'a task runs on it';
  if (settling) return 'it is settling';
  if (restsUntil !== undefined) return 'it rests';
  if (type === 'lxc' && status === 'running' && containers === 'Never') return 'it is a running container';
  return undefined;
}

function whyHaHolds({ vmid, ha }: Guest, cluster: Cluster, moving: ReadonlySet<number>): string | undefined {
  if (ha === undefined) return moving.size > 1 ? 'HA does not move it along' : undefined;
  if (cluster.ha.hold !== undefined) return 'HA is held';
  if (cluster.ha.nativeRebalancing) return 'HA rebalances it';
  if (ha.fault !== undefined) return 'its HA configuration is unclear';
  if (ha.state !== 'started') return `its HA state is ${ha.state}`;
  return cluster.ha.rules.some(
    (rule) =>
      rule.kind === 'ResourceAffinity' &&
      rule.affinity === 'Positive' &&
      rule.vmids.includes(vmid) &&
      rule.vmids.some((other) => !moving.has(other) && cluster.guests.some((guest) => guest.vmid === other)),
  )
    ? 'HA would move others with it'
    : undefined;
}

function whyBound(
  guest: Guest,
  { storages }: Cluster,
  settings: BalanceSettings,
  moving: ReadonlySet<number>,
): string | undefined {
  const { examination } = guest;
  if (examination === undefined) return undefined;
  if (examination.kind !== 'Examined') return `a look at it gave: ${examination.detail}`;
  const { dependents = [] } = examination;
  const others = dependents.map((sid) => Number(sid.split(':')[1]));
  if (others.some((other) => !moving.has(other))) return 'HA would move others with it';
  if (examination.devices.length > 0) return 'it has devices of its node';
  const local = localVolumes(examination, storages);
  if (local.some(({ kind }) => kind === 'Image' || kind === 'NodePath')) return 'it has an image of its node';
  if (local.some(({ kind }) => kind === 'Disk') && !settings.localDisks) return 'it has local disks';
  return undefined;
}

export function localVolumes(
  { volumes }: ExaminedGuest,
  storages: readonly ClusterStorage[],
): readonly GuestVolume[] {
  const unshared = new Set(storages.filter(({ shared }) => !shared).map(({ name }) => name));
  return volumes.filter(({ local, storage }) => local || storage === undefined || unshared.has(storage));
}
