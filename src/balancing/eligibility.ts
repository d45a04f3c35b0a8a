import { matchesAnyGlob } from '../lib/glob.ts';
import type { ClusterNode, Guest, NodeAvailability } from './cluster.ts';
import type { BalanceSettings, Exclusions } from './plan.ts';

/** A guest with this tag is excluded, whatever the policy says. */
const IGNORE_TAG = 'pve-cslb-ignore';

/** How long a node must be up before guests go to it: until then its figures are those of its start. */
const TARGET_UPTIME_SECONDS = 300;

/** Why a guest may not move. */
type GuestBlock =
  | { readonly kind: 'NotRunning'; readonly status: string }
  | { readonly kind: 'Template' }
  | { readonly kind: 'NodeMissing' }
  | { readonly kind: 'NodeExcluded' }
  | { readonly kind: 'NodeUnavailable'; readonly availability: Exclude<NodeAvailability, 'Online'> }
  | { readonly kind: 'Locked'; readonly lock: string }
  | { readonly kind: 'IgnoreTag' }
  | { readonly kind: 'ExcludedVmid' }
  | { readonly kind: 'ExcludedType' }
  | { readonly kind: 'ExcludedTag'; readonly tag: string }
  | { readonly kind: 'ExcludedPool'; readonly pool: string }
  | { readonly kind: 'BusyWithTask'; readonly task: string }
  | { readonly kind: 'HaManaged' }
  | { readonly kind: 'ContainerNeedsRestart' }
  | { readonly kind: 'Replicated' }
  | { readonly kind: 'Withheld'; readonly reason: string };

/** The first reason why a guest may not leave its node now; undefined when it may. `node` is undefined when unknown. */
export function guestBlock(
  guest: Guest,
  node: ClusterNode | undefined,
  settings: BalanceSettings,
): GuestBlock | undefined {
  if (guest.template) return { kind: 'Template' };
  return (
    nodeBlock(node, settings.exclusions) ??
    (guest.status === 'running' ? undefined : { kind: 'NotRunning', status: guest.status }) ??
    policyBlock(guest, settings) ??
    proxmoxBlock(guest, settings)
  );
}

function nodeBlock(node: ClusterNode | undefined, exclusions: Exclusions): GuestBlock | undefined {
  if (node === undefined) return { kind: 'NodeMissing' };
  if (isExcludedNode(node.name, exclusions)) return { kind: 'NodeExcluded' };
  if (node.availability !== 'Online') return { kind: 'NodeUnavailable', availability: node.availability };
  return undefined;
}

function policyBlock(guest: Guest, { exclusions }: BalanceSettings): GuestBlock | undefined {
  if (guest.tags.includes(IGNORE_TAG)) return { kind: 'IgnoreTag' };
  if (exclusions.vmids.includes(guest.vmid)) return { kind: 'ExcludedVmid' };
  if (exclusions.types.includes(guest.type)) return { kind: 'ExcludedType' };
  const tag = guest.tags.find((each) => matchesAnyGlob(exclusions.tags, each));
  if (tag !== undefined) return { kind: 'ExcludedTag', tag };
  if (guest.pool !== undefined && matchesAnyGlob(exclusions.pools, guest.pool)) {
    return { kind: 'ExcludedPool', pool: guest.pool };
  }
  return undefined;
}

function proxmoxBlock(guest: Guest, settings: BalanceSettings): GuestBlock | undefined {
  if (guest.lock !== undefined) return { kind: 'Locked', lock: guest.lock };
  if (guest.activeTask !== undefined) return { kind: 'BusyWithTask', task: guest.activeTask };
  if (guest.type === 'lxc' && settings.containers === 'Never') return { kind: 'ContainerNeedsRestart' };
  if (guest.haManaged) return { kind: 'HaManaged' };
  if (guest.replicated) return { kind: 'Replicated' };
  if (guest.withheld !== undefined) return { kind: 'Withheld', reason: guest.withheld };
  return undefined;
}

/** A sentence part for people, the same for all guests in the same position so that they can be counted together. */
export function describeGuestBlock(block: GuestBlock): string {
  switch (block.kind) {
    case 'NotRunning':
      return `not running but ${block.status}`;
    case 'Template':
      return 'is a template';
    case 'NodeMissing':
      return 'its node is not in the cluster';
    case 'NodeExcluded':
      return 'its node is excluded by the policy';
    case 'NodeUnavailable':
      return describeUnavailableNode(block.availability);
    case 'Locked':
      return `locked (${block.lock})`;
    case 'IgnoreTag':
      return `excluded by its tag ${IGNORE_TAG}`;
    case 'ExcludedVmid':
      return 'excluded by VMID';
    case 'ExcludedType':
      return 'excluded by type';
    case 'ExcludedTag':
      return `excluded by its tag ${block.tag}`;
    case 'ExcludedPool':
      return `excluded by its pool ${block.pool}`;
    case 'BusyWithTask':
      return `a task runs on it (${block.task})`;
    case 'HaManaged':
      return 'managed by Proxmox HA, whose guests are not moved yet';
    case 'ContainerNeedsRestart':
      return 'a container moves only by restart, which the policy forbids (migration.containers: Never)';
    case 'Replicated':
      return 'has replication jobs, whose guests are not moved yet';
    case 'Withheld':
      return block.reason;
  }
}

function describeUnavailableNode(availability: Exclude<NodeAvailability, 'Online'>): string {
  switch (availability) {
    case 'Offline':
      return 'its node is offline';
    case 'Maintenance':
      return 'its node is in maintenance';
    case 'Unknown':
      return 'the figures of its node are not known';
  }
}

export function isExcludedNode(name: string, exclusions: Exclusions): boolean {
  return matchesAnyGlob(exclusions.nodes, name);
}

/** Whether a node that takes part may be given guests at all; room is another question. */
export function mayReceiveGuests(node: ClusterNode): boolean {
  return node.availability === 'Online' && node.uptimeSeconds >= TARGET_UPTIME_SECONDS;
}
