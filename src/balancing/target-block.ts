import type { TargetBlock } from './block.ts';
import { type ClusterNode, type Guest, guestRoomBytes, type OnlineNode } from './cluster.ts';
import type { ClusterIndex } from './cluster-index.ts';
import { cpuIncompatibility } from './cpu-compatibility.ts';
import { isDrained, isExcludedNode } from './exclusions.ts';
import type { ExaminedGuest } from './guest-examination.ts';
import { haTargetBlock } from './ha-placement.ts';
import type { Placement } from './placement.ts';
import { placementTargetBlock } from './placement-block.ts';
import type { BalanceSettings } from './plan.ts';
import { mayMoveBetweenVersions } from './pve-version.ts';
import { isLocal } from './volumes.ts';

/** How long a node must be up before guests go to it: until then its figures are those of its start. */
const TARGET_UPTIME_SECONDS = 300;

/**
 * The first reason why a guest may not go to this node now; undefined when it may. Whether it may leave its own is the
 * question of `guestBlock`. Room comes last: it is what changes most.
 *
 * @param companions Those that Proxmox HA moves along with it: each may have a reason, and all need room.
 */
export function targetBlock(
  guest: Guest,
  target: ClusterNode,
  index: ClusterIndex,
  settings: BalanceSettings,
  companions: readonly Guest[] = [],
): TargetBlock | undefined {
  if (target.availability !== 'Online') {
    return { kind: 'TargetUnavailable', why: `is not available: ${target.detail}` };
  }
  const why = whyNotATarget(target, settings);
  if (why !== undefined) return { kind: 'TargetUnavailable', why };
  const moved = [guest, ...companions];
  for (const each of moved) {
    const block =
      haTargetBlock(each, target.name, index) ??
      placementTargetBlock(each, target.name, index, companions.length === 0 ? undefined : moved) ??
      ownTargetBlock(each, target, index);
    if (block) return block;
  }
  return hasRoom(moved, target, index, settings) ? undefined : { kind: 'NoRoom' };
}

/** What of the guest itself forbids the node, wherever the others are and however full the node is. */
export function ownTargetBlock(
  guest: Guest,
  target: OnlineNode,
  index: ClusterIndex,
): TargetBlock | undefined {
  const examined = guest.examination?.kind === 'Examined' ? guest.examination : undefined;
  return (
    replicationBlock(guest, target) ??
    (examined ? examinedBlock(guest, examined, target, index) : undefined) ??
    sourceBlock(examined, index.node(guest.node), target)
  );
}

/** Why no guest at all may be given to an online node; a sentence part that follows its name. */
export function whyNotATarget(
  node: OnlineNode,
  { exclusions, placement }: BalanceSettings,
): string | undefined {
  if (isExcludedNode(node.name, exclusions)) return 'is excluded';
  if (isDrained(node.name, placement)) return 'is to be drained';
  return node.uptimeSeconds < TARGET_UPTIME_SECONDS ? 'has been up for less than 5 minutes' : undefined;
}

function hasRoom(
  moved: readonly Guest[],
  target: OnlineNode,
  index: ClusterIndex,
  { placement }: BalanceSettings,
): boolean {
  // A stopped guest needs none, and not even a node that is too full already.
  const demanding = moved.filter(({ status }) => status !== 'stopped');
  const demand = demanding.reduce((sum, guest) => sum + guestRoomBytes(guest), 0);
  return demanding.length === 0 || memoryRoomBytes(target, index, placement) >= demand;
}

/** What is left of a node's memory beside its reserve and everything that is on its way to it; may be negative. */
export function memoryRoomBytes(
  target: OnlineNode,
  index: ClusterIndex,
  { memoryReserveShare }: Placement,
): number {
  const { memoryTotalBytes, memoryUsedBytes } = target.figures;
  const reserved = memoryTotalBytes * memoryReserveShare;
  return memoryTotalBytes - memoryUsedBytes - reserved - index.incomingBytes(target.name);
}

function replicationBlock(guest: Guest, target: OnlineNode): TargetBlock | undefined {
  if (guest.replicationTargets === undefined || guest.replicationTargets.includes(target.name))
    return undefined;
  return { kind: 'NotReplicated' };
}

function examinedBlock(
  guest: Guest,
  { allowedNodes, refusals, volumes }: ExaminedGuest,
  { name }: OnlineNode,
  index: ClusterIndex,
): TargetBlock | undefined {
  for (const volume of volumes) {
    if (volume.storage === undefined) continue;
    const storage = index.storage(volume.storage);
    if (storage?.nodes.includes(name)) continue;
    // PVE itself checks what the user cannot see, for VMs and where it names the nodes that it allows.
    if (storage === undefined && guest.type === 'qemu' && allowedNodes !== undefined) continue;
    return { kind: 'StorageUnavailable', volume, visible: storage !== undefined };
  }
  const reasons = refusals.find(({ node }) => node === name)?.reasons ?? [];
  if (reasons.length > 0) return { kind: 'TargetNotAllowed', reasons };
  if (allowedNodes !== undefined && !allowedNodes.includes(name)) {
    return { kind: 'TargetNotAllowed', reasons: ['it is not among the allowed nodes'] };
  }
  const snapshot = volumes.find(
    (volume) =>
      volume.kind === 'Disk' &&
      volume.inSnapshot &&
      isLocal(volume, index) &&
      !(volume.replicated && guest.replicationTargets?.includes(name)),
  );
  return snapshot && { kind: 'LocalSnapshot', volume: snapshot };
}

/** What the guest's present node has and the target might not. */
function sourceBlock(
  examined: ExaminedGuest | undefined,
  source: ClusterNode | undefined,
  target: OnlineNode,
): TargetBlock | undefined {
  if (source?.availability !== 'Online') return undefined;
  const versions = { source: source.figures.pveVersion, target: target.figures.pveVersion };
  if (!mayMoveBetweenVersions(versions.source, versions.target)) return { kind: 'OlderVersion', ...versions };
  const why = cpuIncompatibility(examined?.cpu, source.figures, target.figures);
  return why === undefined ? undefined : { kind: 'CpuIncompatible', why };
}
