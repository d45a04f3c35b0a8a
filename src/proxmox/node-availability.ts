import type { ClusterNode, NodeFigures } from '../balancing/cluster.ts';
import { isRecord, isSet, own } from './lenient.ts';
import type { NodeResource } from './schemas/cluster-resources.ts';
import type { Decimal } from './schemas/figures.ts';
import type { HaManagerStatus } from './schemas/ha.ts';
import type { NodeStatus } from './schemas/node-status.ts';

/** pvestatd writes every 10 s: older than this and the figures are not of the present (docs/proxmox-api.md §4.3). */
const STALE_AFTER_SECONDS = 30;

/** How a node's own status call ended. */
export type NodeStatusReading =
  | { readonly kind: 'Read'; readonly status: NodeStatus; readonly secondsAfterResources: number }
  | { readonly kind: 'Failed'; readonly detail: string };

/** Whether a node takes part at all; decides if its status is worth reading. */
type Membership =
  | { readonly kind: 'Online' }
  | {
      readonly kind: 'Absent';
      readonly availability: 'Offline' | 'Maintenance' | 'Unknown';
      readonly detail: string;
    };

/** @param resource The node's entry in /cluster/resources; undefined when it has none or it is malformed. */
export function membershipOf(
  name: string,
  online: boolean,
  resource: NodeResource | undefined,
  ha: HaManagerStatus,
): Membership {
  if (!online || resource?.status === 'offline') {
    return { kind: 'Absent', availability: 'Offline', detail: 'the node is offline' };
  }
  if (isInMaintenance(name, resource, ha)) {
    return { kind: 'Absent', availability: 'Maintenance', detail: 'the node is in maintenance mode' };
  }
  // An online node HA does not trust may be fenced at any moment (docs/proxmox-api.md §4.12).
  for (const state of [resource?.hastate, own(ha.manager_status?.node_status, name)]) {
    if (state === undefined || state === null || state === '' || state === 'online') continue;
    const words = typeof state === 'string' ? `as '${state.slice(0, 40)}'` : 'in a way that cannot be read';
    return { kind: 'Absent', availability: 'Unknown', detail: `HA reports the node ${words}` };
  }
  return { kind: 'Online' };
}

function isInMaintenance(name: string, resource: NodeResource | undefined, ha: HaManagerStatus): boolean {
  const request = own(ha.manager_status?.node_request, name);
  const agent = own(ha.lrm_status, name);
  return (
    resource?.hastate === 'maintenance' ||
    own(ha.manager_status?.node_status, name) === 'maintenance' ||
    isSet(isRecord(request) ? request.maintenance : request) ||
    (isRecord(agent) && agent.mode === 'maintenance')
  );
}

/** A node that is a member and online, judged by what could be read about it. */
export function onlineNode(name: string, resource: NodeResource, reading: NodeStatusReading): ClusterNode {
  const uptimeSeconds = resource.uptime ?? 0;
  const absent = (doubt: 'Unread' | 'Stale', detail: string): ClusterNode => ({
    name,
    uptimeSeconds,
    availability: 'Unknown',
    doubt,
    detail,
  });
  if (resource.status !== 'online') {
    return absent(
      'Stale',
      'its statistics are stale: /cluster/resources has had none for minutes; check pvestatd on it',
    );
  }
  if (reading.kind === 'Failed') return absent('Unread', `its status could not be read: ${reading.detail}`);
  if (resource.uptime === undefined || resource.cpu === undefined) {
    return absent(
      'Unread',
      'its figures are missing in /cluster/resources: the user needs Sys.Audit on /nodes',
    );
  }
  const behind = Math.round(reading.status.uptime - resource.uptime - reading.secondsAfterResources);
  // Back after a quick restart, it is listed with its last figures until pvestatd has written new ones.
  if (behind < -STALE_AFTER_SECONDS) {
    return absent(
      'Stale',
      'its statistics are stale: they are from before its last start; check pvestatd on it when that lasts',
    );
  }
  if (behind > STALE_AFTER_SECONDS) {
    return absent(
      'Stale',
      `its statistics are stale: ${behind} s behind its live uptime; check pvestatd on it`,
    );
  }
  return { name, uptimeSeconds, availability: 'Online', figures: figuresOf(reading.status, resource.cpu) };
}

function figuresOf(status: NodeStatus, cpuUsedShare: number): NodeFigures {
  const { cpuinfo, memory, loadavg } = status;
  return {
    cpuMhz: numberOf(cpuinfo.mhz ?? 0),
    cpuCores: cpuinfo.cores,
    cpuSockets: cpuinfo.sockets,
    cpuThreads: cpuinfo.cpus,
    cpuModel: cpuinfo.model ?? '',
    cpuFlags: (cpuinfo.flags ?? '').split(/\s+/).filter((flag) => flag !== ''),
    architecture: status['current-kernel']?.machine ?? '',
    pveVersion: versionOf(status.pveversion),
    loadAverage: [numberOf(loadavg[0]), numberOf(loadavg[1]), numberOf(loadavg[2])],
    cpuUsedShare: Math.min(1, cpuUsedShare),
    memoryTotalBytes: memory.total,
    memoryUsedBytes: memory.used,
    memoryFreeBytes: memory.free,
    ksmSharedBytes: status.ksm?.shared ?? 0,
  };
}

/** Of `pve-manager/9.1.2/c0ffee`, also of `pve-manager/7.4-16/c0ffee`: `7.4.16`; '' when it is another text. */
function versionOf(pveversion = ''): string {
  const match = /^pve-manager\/(\d+(?:[.-]\d+)*)/.exec(pveversion);
  return match?.[1]?.replaceAll('-', '.') ?? '';
}

/** Of a figure its schema has checked: digits, so never NaN. */
export function numberOf(figure: Decimal): number {
  return Number(figure);
}
