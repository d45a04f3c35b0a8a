import { haGuests, usesHa } from '../ha/resources.ts';
import type { Call, Route } from '../http/route.ts';
import type { Cluster } from '../world/cluster.ts';
import { digestOf } from '../world/digest.ts';
import { type Guest, serviceId } from '../world/guest.ts';
import type { Node } from '../world/node.ts';
import { AUDIT, configuredFlags } from './ha-resources.ts';

// HA's own processes report every few seconds; what they report is this old.
const REPORT_AGE_SECONDS = 3;

function reportTime(cluster: Cluster, node: Node): number {
  return Math.floor((node.online ? cluster.now() : node.offlineSince) / 1000) - REPORT_AGE_SECONDS;
}

function masterOf(cluster: Cluster): Node | undefined {
  return cluster.ha.master === undefined ? undefined : cluster.node(cluster.ha.master);
}

/** GET /cluster/ha/status/manager_status: what manager and agents wrote down (docs/proxmox-api.md §4.11, §4.12). */
function managerStatus(call: Call) {
  const { cluster } = call;
  const quorum = { node: call.localNode.name, quorate: cluster.quorate ? '1' : '' };
  const master = masterOf(cluster);
  if (!usesHa(cluster) || !master) return { manager_status: {}, quorum };
  const nodes = [...cluster.nodes.values()];
  const requested = nodes.filter((node) => node.maintenanceMode);
  return {
    manager_status: {
      master_node: master.name,
      timestamp: reportTime(cluster, master),
      node_status: Object.fromEntries(nodes.map((node) => [node.name, node.haState])),
      service_status: Object.fromEntries(
        haGuests(cluster)
          .filter((guest) => isProcessed(guest))
          .map((guest) => [serviceId(guest), serviceStatus(guest)]),
      ),
      ...(requested.length === 0
        ? {}
        : { node_request: Object.fromEntries(requested.map((node) => [node.name, { maintenance: 1 }])) }),
      ...(cluster.ha.disarmed === undefined
        ? {}
        : { disarm: { mode: cluster.ha.disarmed, state: 'disarmed' } }),
    },
    quorum,
    lrm_status: Object.fromEntries(nodes.map((node) => [node.name, agentStatus(cluster, node)])),
  };
}

// The manager keeps nothing of a resource that it is to ignore.
function isProcessed(guest: Guest): boolean {
  return guest.service?.resource.state !== 'ignored';
}

function serviceStatus(guest: Guest) {
  const { service } = guest;
  if (!service) return {};
  return {
    node: service.node,
    state: service.state,
    uid: digestOf(`${serviceId(guest)} ${service.state}`).slice(0, 22),
    ...(guest.status === 'running' ? { running: 1 } : {}),
    ...(service.target === undefined ? {} : { target: service.target }),
    ...(service.request === undefined ? {} : { cmd: [service.request.command, service.request.target] }),
    ...(service.maintenanceNode === undefined ? {} : { maintenance_node: service.maintenanceNode }),
  };
}

function agentStatus(cluster: Cluster, node: Node) {
  const inMaintenance = node.haState === 'maintenance';
  const disarmed = cluster.ha.disarmed !== undefined;
  return {
    mode: inMaintenance ? 'maintenance' : disarmed ? 'disarm' : 'active',
    state: inMaintenance ? 'maintenance' : isActive(cluster, node) ? 'active' : 'wait_for_agent_lock',
    timestamp: reportTime(cluster, node),
    results: {},
  };
}

function isActive(cluster: Cluster, node: Node): boolean {
  return (
    node.online &&
    cluster.ha.disarmed === undefined &&
    haGuests(cluster).some((guest) => guest.service?.node === node.name && isProcessed(guest))
  );
}

/** GET /cluster/ha/status/current: the same for people to read. */
function statusCurrent(call: Call) {
  const { cluster } = call;
  const quorum = {
    id: 'quorum',
    type: 'quorum',
    node: call.localNode.name,
    status: cluster.quorate ? 'OK' : 'No quorum on node!',
    quorate: cluster.quorate ? 1 : 0,
  };
  const master = masterOf(cluster);
  if (!usesHa(cluster) || !master) return [quorum];
  const time = reportTime(cluster, master);
  return [
    quorum,
    {
      id: 'master',
      type: 'master',
      node: master.name,
      status: `${master.name} (${master.online ? 'active' : 'old timestamp - dead?'}, ${clockText(time)})`,
      timestamp: time,
    },
    ...(call.profile.features.has('haAutoRebalance') ? [fencing(cluster, master)] : []),
    ...[...cluster.nodes.values()].map((node) => ({
      id: `lrm:${node.name}`,
      type: 'lrm',
      node: node.name,
      status: `${node.name} (${agentText(cluster, node)}, ${clockText(reportTime(cluster, node))})`,
      timestamp: reportTime(cluster, node),
    })),
    ...haGuests(cluster).map((guest) => service(call, guest)),
  ];
}

function fencing(cluster: Cluster, master: Node) {
  const { disarmed } = cluster.ha;
  return {
    id: 'fencing',
    type: 'fencing',
    node: master.name,
    status: disarmed === undefined ? 'armed (CRM watchdog active)' : `disarmed, resource mode: ${disarmed}`,
    'armed-state': disarmed === undefined ? 'armed' : 'disarmed',
    ...(disarmed === undefined ? {} : { resource_mode: disarmed }),
  };
}

function service(call: Call, guest: Guest) {
  const sid = serviceId(guest);
  const state = isProcessed(guest) ? (guest.service?.state ?? '') : 'ignored';
  const node = guest.service?.node ?? guest.node;
  const { resource } = guest.service ?? {};
  return {
    id: `service:${sid}`,
    type: 'service',
    sid,
    node,
    state,
    ...(isProcessed(guest) ? { crm_state: state } : {}),
    request_state: resource?.state ?? 'started',
    status: `${sid} (${node}, ${state})`,
    max_restart: resource?.maxRestart ?? 1,
    max_relocate: resource?.maxRelocate ?? 1,
    ...(call.profile.features.has('haRules') ? { failback: Number(resource?.failback ?? true) } : {}),
    ...(resource ? configuredFlags(call, resource, 'group', 'auto-rebalance', 'comment') : {}),
  };
}

function agentText(cluster: Cluster, node: Node): string {
  if (!node.online) return 'old timestamp - dead?';
  if (node.haState === 'maintenance') return 'maintenance mode';
  return isActive(cluster, node) ? 'active' : 'idle';
}

/** `Sat Nov 22 12:00:00 2025` */
function clockText(seconds: number): string {
  const [weekday = '', day = '', month = '', year = '', time = ''] = new Date(seconds * 1000)
    .toUTCString()
    .split(' ');
  return `${weekday.replace(',', '')} ${month} ${day.replace(/^0/, ' ')} ${time} ${year}`;
}

export const haStatusRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/cluster/ha/status/manager_status',
    parameters: {},
    permission: AUDIT,
    forwarded: false,
    handle: managerStatus,
  },
  {
    method: 'GET',
    path: '/cluster/ha/status/current',
    parameters: {},
    permission: AUDIT,
    forwarded: false,
    handle: statusCurrent,
  },
];
