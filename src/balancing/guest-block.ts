import type { GuestBlock } from './block.ts';
import type { ClusterNode, Guest } from './cluster.ts';
import type { ClusterIndex } from './cluster-index.ts';
import { exclusionOf, isDrained, isExcludedNode } from './exclusions.ts';
import type { GuestExamination } from './guest-examination.ts';
import type { HaService } from './high-availability.ts';
import { keptTogether } from './placement-block.ts';
import type { BalanceSettings } from './plan.ts';
import { isLocal, localDisks } from './volumes.ts';

/** The first reason why a guest may not leave its node now, wherever it would go; undefined when it may. */
export function guestBlock(
  guest: Guest,
  index: ClusterIndex,
  settings: BalanceSettings,
): GuestBlock | undefined {
  return ownBlock(guest, index, settings) ?? companionBlock(guest, index, settings);
}

/** Of the guest itself, whoever moves along. */
function ownBlock(guest: Guest, index: ClusterIndex, settings: BalanceSettings): GuestBlock | undefined {
  if (guest.template) return { kind: 'Template' };
  return (
    nodeBlock(index.node(guest.node), settings) ??
    activityBlock(guest, settings) ??
    policyBlock(guest, settings) ??
    stateBlock(guest, settings) ??
    keptTogether(guest, index) ??
    (guest.ha ? haBlock(guest.ha, index) : undefined) ??
    (guest.examination ? examinationBlock(guest.examination, index, settings) : undefined)
  );
}

/**
 * Guests that Proxmox HA keeps together move by one migration. CSLB leaves them alone; Optimize moves them where all of
 * them may leave the one node that they are on.
 */
function companionBlock(
  guest: Guest,
  index: ClusterIndex,
  settings: BalanceSettings,
): GuestBlock | undefined {
  const others = guest.ha === undefined ? [] : index.movesWith(guest.vmid);
  const named = others.map((vmid) => `guest ${vmid}`);
  const dependents = guest.examination?.kind === 'Examined' ? guest.examination.dependents : [];
  const known = new Set(others.flatMap((vmid) => [`vm:${vmid}`, `ct:${vmid}`]));
  const unknown = dependents.filter((sid) => !known.has(sid));
  if (unknown.length > 0) return { kind: 'MovesWithOthers', others: unknown };
  if (others.length === 0) return undefined;
  const mayMove = (vmid: number) => {
    const other = index.guest(vmid);
    return other?.node === guest.node && ownBlock(other, index, settings) === undefined;
  };
  if (settings.strategy === 'Optimize' && others.every(mayMove)) return undefined;
  return { kind: 'MovesWithOthers', others: named };
}

function nodeBlock(node: ClusterNode | undefined, { exclusions }: BalanceSettings): GuestBlock | undefined {
  if (node === undefined) return { kind: 'NodeUnavailable', availability: 'Missing' };
  if (isExcludedNode(node.name, exclusions)) return { kind: 'NodeExcluded' };
  if (node.availability !== 'Online') return { kind: 'NodeUnavailable', availability: node.availability };
  return undefined;
}

/** Stopped guests stay where they are unless their node is to be empty. */
function activityBlock({ status, node }: Guest, { placement }: BalanceSettings): GuestBlock | undefined {
  if (status === 'running' || (status === 'stopped' && isDrained(node, placement))) return undefined;
  return { kind: 'NotRunning', status };
}

function policyBlock(guest: Guest, { exclusions }: BalanceSettings): GuestBlock | undefined {
  const by = exclusionOf(guest, exclusions);
  return by && { kind: 'Excluded', by };
}

function stateBlock(guest: Guest, { containers }: BalanceSettings): GuestBlock | undefined {
  if (guest.lock !== undefined) return { kind: 'Locked', lock: guest.lock };
  if (guest.activeTask !== undefined) return { kind: 'BusyWithTask', task: guest.activeTask };
  if (guest.settling) return { kind: 'Settling' };
  if (guest.restsUntil !== undefined) return { kind: 'CoolingDown', until: guest.restsUntil };
  if (guest.type === 'lxc' && guest.status !== 'stopped' && containers === 'Never')
    return { kind: 'ContainerNeedsRestart' };
  return undefined;
}

function haBlock(ha: HaService, index: ClusterIndex): GuestBlock | undefined {
  const { hold, nativeRebalancing } = index.ha;
  if (hold !== undefined) return { kind: 'HaHeld', why: hold };
  if (nativeRebalancing) return { kind: 'HaRebalancing', takesPart: ha.autoRebalance };
  if (ha.fault !== undefined) return { kind: 'HaUnclear', fault: ha.fault };
  if (ha.state !== 'started') return { kind: 'HaState', state: ha.state };
  return undefined;
}

function examinationBlock(
  examination: GuestExamination,
  index: ClusterIndex,
  settings: BalanceSettings,
): GuestBlock | undefined {
  switch (examination.kind) {
    case 'Refused':
      return { kind: 'RefusedByProxmox', detail: examination.detail };
    case 'Unread':
      return { kind: 'NotExamined', detail: examination.detail };
    case 'Examined':
      break;
  }
  const { devices, volumes } = examination;
  if (devices.length > 0) return { kind: 'Passthrough', devices };
  const local = volumes.filter((volume) => isLocal(volume, index));
  const image = local.find(({ kind }) => kind === 'Image' || kind === 'NodePath');
  if (image) return { kind: 'LocalImage', volume: image };
  const disks = localDisks(examination, index);
  if (disks.length > 0 && !settings.localDisks) return { kind: 'LocalDisk', volumes: disks };
  return undefined;
}
