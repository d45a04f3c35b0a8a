import type { Cluster, Guest, OnlineNode } from '../../../src/balancing/cluster.ts';
import type { ExaminedGuest } from '../../../src/balancing/guest-examination.ts';
import type { NodeAffinity } from '../../../src/balancing/high-availability.ts';
import type { BalanceSettings } from '../../../src/balancing/plan.ts';
import { matchesAnyGlob } from '../../../src/lib/glob.ts';
import { isOnline } from './additive-cluster.ts';
import { localVolumes } from './may-leave.ts';
import type { JudgedRule, Places } from './placement-rules.ts';

/** What a judgement of one move needs to know of the moment it is made in. */
export interface Moment {
  readonly cluster: Cluster;
  readonly settings: BalanceSettings;
  readonly rules: readonly JudgedRule[];
  readonly places: Places;
}

const SETTLED_SECONDS = 300;

/**
 * Why a guest must not go to a node, in words; undefined when it may. Room, and rules that the move would leave worse than
 * they are, are looked at elsewhere.
 */
export function whyItMustNotEnter(
  guest: Guest,
  source: string,
  target: string,
  moment: Moment,
): string | undefined {
  const { cluster, settings } = moment;
  const node = cluster.nodes.find(({ name }) => name === target);
  if (node === undefined || !isOnline(node)) return 'the target is not online';
  if (source === target) return 'it is there already';
  if (matchesAnyGlob(settings.exclusions.nodes, target)) return 'the target is excluded';
  if (matchesAnyGlob(settings.placement.drainNodes, target)) return 'the target is to be drained';
  if (node.uptimeSeconds < SETTLED_SECONDS) return 'the target has just been started';
  return (
    whyRulesForbid(guest, target, moment) ??
    whyHaForbids(guest, target, cluster) ??
    whyTheGuestForbids(guest, source, node, cluster)
  );
}

function whyRulesForbid({ vmid }: Guest, target: string, { rules, places }: Moment): string | undefined {
  for (const { name, kind, vmids, nodes } of rules) {
    if (!vmids.includes(vmid)) continue;
    if (kind === 'On' && !nodes.includes(target)) return `rule ${name} wants it on other nodes`;
    if (kind === 'Apart' && vmids.some((other) => other !== vmid && places(other).includes(target))) {
      return `rule ${name} keeps it apart from a guest there`;
    }
  }
  return undefined;
}

/** HA moves a guest with failback to the best class of nodes that is online. */
function whyHaForbids({ vmid, ha }: Guest, target: string, cluster: Cluster): string | undefined {
  if (!ha?.failback) return undefined;
  const preferences = cluster.ha.rules.filter(
    (rule): rule is NodeAffinity => rule.kind === 'NodeAffinity' && rule.vmids.includes(vmid),
  );
  const online = new Set(
    cluster.nodes
      .filter(({ availability }) => availability === 'Online' || availability === 'Unknown')
      .map(({ name }) => name),
  );
  for (const { name, affinity, nodes } of preferences) {
    const listed = nodes.find((node) => node.name === target);
    const best = Math.max(...nodes.filter((node) => online.has(node.name)).map(({ priority }) => priority));
    const welcome =
      affinity === 'Negative' ? listed === undefined : (listed?.priority ?? Number.NEGATIVE_INFINITY) >= best;
    if (!welcome) return `HA rule ${name} would move it back`;
  }
  return undefined;
}

function whyTheGuestForbids(
  { replicationTargets, examination, type }: Guest,
  source: string,
  target: OnlineNode,
  cluster: Cluster,
): string | undefined {
  if (replicationTargets !== undefined && !replicationTargets.includes(target.name)) {
    return 'it is not replicated there';
  }
  const examined = examination?.kind === 'Examined' ? examination : undefined;
  const from = cluster.nodes.find(({ name }) => name === source);
  if (from === undefined || !isOnline(from)) return 'its node is not online';
  return (
    (examined ? whyVolumesForbid(examined, type, replicationTargets, target.name, cluster) : undefined) ??
    whyMachinesDiffer(examined, from, target)
  );
}

function whyVolumesForbid(
  examined: ExaminedGuest,
  type: Guest['type'],
  replicationTargets: Guest['replicationTargets'],
  target: string,
  { storages }: Cluster,
): string | undefined {
  const { allowedNodes, refusals, volumes } = examined;
  for (const { storage: name } of volumes) {
    if (name === undefined) continue;
    const storage = storages.find((each) => each.name === name);
    const checkedByProxmox = storage === undefined && type === 'qemu' && allowedNodes !== undefined;
    if (!checkedByProxmox && !storage?.nodes.includes(target)) return `storage ${name} is not there`;
  }
  if (refusals.some(({ node, reasons }) => node === target && reasons.length > 0)) return 'Proxmox refuses';
  if (allowedNodes !== undefined && !allowedNodes.includes(target)) return 'Proxmox does not allow the node';
  const snapshot = localVolumes(examined, storages).some(
    ({ kind, inSnapshot, replicated }) =>
      kind === 'Disk' && inSnapshot && !(replicated && replicationTargets?.includes(target)),
  );
  return snapshot ? 'a local disk has snapshots' : undefined;
}

function whyMachinesDiffer(
  examined: ExaminedGuest | undefined,
  { figures: from }: OnlineNode,
  { figures: to }: OnlineNode,
): string | undefined {
  if (from.pveVersion !== to.pveVersion && isOlder(to.pveVersion, from.pveVersion)) {
    return 'the target has an older version';
  }
  if (from.architecture !== to.architecture) return 'the target has another architecture';
  if (examined?.cpu === undefined || examined.cpu.kind === 'Named') return undefined;
  const known = from.cpuModel !== '' && from.cpuFlags.length > 0;
  const alike = from.cpuModel === to.cpuModel && from.cpuFlags.every((flag) => to.cpuFlags.includes(flag));
  return known && alike ? undefined : 'the CPU of the target differs';
}

function isOlder(version: string, than: string): boolean {
  if (version === '' || than === '') return true;
  const [left, right] = [version, than].map((text) => text.split('.').map(Number));
  for (let at = 0; at < 4; at += 1) {
    const difference = (left?.[at] ?? 0) - (right?.[at] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
