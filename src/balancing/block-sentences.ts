import { someOf } from '../lib/listing.ts';
import type { Exclusion, GuestBlock, TargetBlock } from './block.ts';
import { IGNORE_TAG } from './exclusions.ts';
import type { GuestVolume } from './guest-examination.ts';

/** A sentence part for people; the same for all guests in the same position, so that they can be counted together. */
export function describeGuestBlock(block: GuestBlock): string {
  switch (block.kind) {
    case 'Template':
      return 'is a template';
    case 'NodeExcluded':
      return 'its node is excluded by the policy';
    case 'NodeUnavailable':
      return describeUnavailableNode(block.availability);
    case 'NotRunning':
      return `not running but ${block.status}`;
    case 'Excluded':
      return `excluded by ${describeExclusion(block.by)}`;
    case 'Locked':
      return `locked (${block.lock})`;
    case 'BusyWithTask':
      return `a task runs on it (${block.task})`;
    case 'CoolingDown':
      return `rests until ${block.until}`;
    case 'Settling':
      return 'just migrated or started, and its statistics do not show it yet';
    case 'ContainerNeedsRestart':
      return 'a container moves only by restart, which the policy forbids (migration.containers: Never)';
    case 'HaHeld':
      return `managed by Proxmox HA, and ${block.why}`;
    case 'HaRebalancing':
      return (
        "managed by Proxmox HA, which rebalances its guests itself ('ha-auto-rebalance')" +
        (block.takesPart ? '' : ', although not this one')
      );
    case 'HaUnclear':
      return `managed by Proxmox HA, but ${block.fault}`;
    case 'HaState':
      return block.state === undefined
        ? 'managed by Proxmox HA, which has not taken it up yet'
        : `its HA state is '${block.state}', not 'started'`;
    case 'MovesWithOthers':
      return (
        `Proxmox HA would move ${someOf(block.others)} along with it` +
        (block.most === undefined ? '' : `, and a migration has ${block.most} companions at most`)
      );
    case 'KeptTogether':
      return `rule '${block.rule}' of the policy keeps it with others on its node`;
    case 'RefusedByProxmox':
      return `Proxmox refuses: ${block.detail}`;
    case 'NotExamined':
      return `it could not be looked at: ${block.detail}`;
    case 'Passthrough':
      return `it uses devices of its node: ${someOf(block.devices)}`;
    case 'LocalImage':
      return `its ${describeVolume(block.volume)} is of its node alone and cannot be copied`;
    case 'LocalDisk':
      return `it has disks on storage of its node alone: ${someOf(block.volumes.map(describeVolume))}`;
  }
}

/** @param target The name of the node that it is about. */
export function describeTargetBlock(block: TargetBlock, target: string): string {
  switch (block.kind) {
    case 'TargetUnavailable':
      return `${target} ${block.why}`;
    case 'HaNodeAffinity':
      return `its HA rule '${block.rule}' wants it elsewhere than on ${target}`;
    case 'HaResourceAffinity':
      return `its HA rule '${block.rule}' keeps it apart from guest ${block.partner} on ${target}`;
    case 'PinnedElsewhere':
      return `rule '${block.rule}' of the policy does not allow ${target}`;
    case 'KeptApart':
      return `rule '${block.rule}' of the policy keeps it apart from guest ${block.partner} on ${target}`;
    case 'FurtherApart':
      return `rule '${block.rule}' of the policy wants it with others, and they are not on ${target}`;
    case 'NotReplicated':
      return `it is not replicated to ${target}`;
    case 'StorageUnavailable':
      return block.visible
        ? `storage ${block.volume.storage} of its ${block.volume.key} is not available on ${target}`
        : `storage ${block.volume.storage} of its ${block.volume.key} is disabled, or the user lacks Datastore.Audit on it`;
    case 'TargetNotAllowed':
      return `Proxmox does not allow ${target}: ${someOf(block.reasons)}`;
    case 'LocalSnapshot':
      return `a snapshot refers to its ${describeVolume(block.volume)}, which is on storage of its node alone`;
    case 'CpuIncompatible':
      return `the CPU of ${target} may not suit it: ${block.why}`;
    case 'OlderVersion':
      return `${target} has Proxmox VE ${block.target || 'of an unknown version'}, its node ${block.source || 'an unknown one'}`;
    case 'NoRoom':
      return `${target} has no room for its memory`;
    case 'NoGain':
      return 'wherever it went, the cluster would be no more even';
  }
}

function describeUnavailableNode(
  availability: Extract<GuestBlock, { kind: 'NodeUnavailable' }>['availability'],
): string {
  switch (availability) {
    case 'Missing':
      return 'its node is not in the cluster';
    case 'Offline':
      return 'its node is offline';
    case 'Maintenance':
      return 'its node is in maintenance';
    case 'Unknown':
      return 'the figures of its node are not known';
  }
}

function describeExclusion(exclusion: Exclusion): string {
  switch (exclusion.kind) {
    case 'IgnoreTag':
      return `its tag ${IGNORE_TAG}`;
    case 'Vmid':
      return 'VMID';
    case 'Type':
      return 'type';
    case 'Tag':
      return `its tag ${exclusion.tag}`;
    case 'Pool':
      return `its pool ${exclusion.pool}`;
  }
}

function describeVolume({ key, volume }: GuestVolume): string {
  return key === volume ? volume : `${key} (${volume})`;
}
