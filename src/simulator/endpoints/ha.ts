import type { Call, Route } from '../http/route.ts';
import type { Cluster } from '../world/cluster.ts';
import { digestOf } from '../world/digest.ts';
import { type Guest, serviceId } from '../world/guest.ts';
import type { Node } from '../world/node.ts';

// HA's own processes report every few seconds; what they report is this old.
const REPORT_AGE_SECONDS = 3;

/** HA says nothing of nodes before it was first used (docs/proxmox-api.md §4.11, §4.12). */
export function usesHa(cluster: Cluster): boolean {
  if ([...cluster.nodes.values()].some((node) => node.maintenanceMode)) return true;
  return [...cluster.guests.values()].some((guest) => guest.haState !== undefined);
}

export function haNodeState(node: Node): 'online' | 'maintenance' | 'unknown' {
  if (!node.online) return 'unknown';
  return node.maintenanceMode ? 'maintenance' : 'online';
}

function services(cluster: Cluster): Guest[] {
  return [...cluster.guests.values()].filter((guest) => guest.haState !== undefined);
}

function reportTime(cluster: Cluster, node: Node): number {
  return Math.floor((node.online ? cluster.now() : node.offlineSince) / 1000) - REPORT_AGE_SECONDS;
}

function master(cluster: Cluster): Node | undefined {
  return [...cluster.nodes.values()].find((node) => node.online);
}

function managerStatus(call: Call) {
  const { cluster } = call;
  const quorum = { node: call.localNode.name, quorate: cluster.quorate ? '1' : '' };
  const leader = master(cluster);
  if (!usesHa(cluster) || !leader) return { manager_status: {}, quorum };
  const nodes = [...cluster.nodes.values()];
  const requested = nodes.filter((node) => node.maintenanceMode);
  return {
    manager_status: {
      master_node: leader.name,
      timestamp: reportTime(cluster, leader),
      node_status: Object.fromEntries(nodes.map((node) => [node.name, haNodeState(node)])),
      service_status: Object.fromEntries(
        services(cluster).map((guest) => [
          serviceId(guest),
          {
            node: guest.node,
            state: guest.haState,
            uid: digestOf(serviceId(guest)).slice(0, 22),
            ...(guest.status === 'running' ? { running: 1 } : {}),
          },
        ]),
      ),
      ...(requested.length === 0
        ? {}
        : { node_request: Object.fromEntries(requested.map((node) => [node.name, { maintenance: 1 }])) }),
    },
    quorum,
    lrm_status: Object.fromEntries(
      nodes.map((node) => [
        node.name,
        {
          mode: node.maintenanceMode ? 'maintenance' : 'active',
          state: node.maintenanceMode ? 'maintenance' : agentState(cluster, node),
          timestamp: reportTime(cluster, node),
          results: {},
        },
      ]),
    ),
  };
}

function agentState(cluster: Cluster, node: Node): 'active' | 'wait_for_agent_lock' {
  return services(cluster).some((guest) => guest.node === node.name) ? 'active' : 'wait_for_agent_lock';
}

function statusCurrent(call: Call) {
  const { cluster } = call;
  const quorum = {
    id: 'quorum',
    type: 'quorum',
    node: call.localNode.name,
    status: cluster.quorate ? 'OK' : 'No quorum on node!',
    quorate: cluster.quorate ? 1 : 0,
  };
  const leader = master(cluster);
  if (!usesHa(cluster) || !leader) return [quorum];
  return [
    quorum,
    {
      id: 'master',
      type: 'master',
      node: leader.name,
      status: `${leader.name} (active, ${clockText(reportTime(cluster, leader))})`,
      timestamp: reportTime(cluster, leader),
    },
    ...[...cluster.nodes.values()].map((node) => ({
      id: `lrm:${node.name}`,
      type: 'lrm',
      node: node.name,
      status: `${node.name} (${agentText(cluster, node)}, ${clockText(reportTime(cluster, node))})`,
      timestamp: reportTime(cluster, node),
    })),
    ...services(cluster).map((guest) => ({
      id: `service:${serviceId(guest)}`,
      type: 'service',
      sid: serviceId(guest),
      node: guest.node,
      state: guest.haState,
      crm_state: guest.haState,
      request_state: 'started',
      status: `${serviceId(guest)} (${guest.node}, ${guest.haState})`,
      max_restart: 1,
      max_relocate: 1,
      failback: 1,
    })),
  ];
}

function agentText(cluster: Cluster, node: Node): string {
  if (!node.online) return 'old timestamp - dead?';
  if (node.maintenanceMode) return 'maintenance mode';
  return agentState(cluster, node) === 'active' ? 'active' : 'idle';
}

/** `Sat Nov 22 12:00:00 2025` */
function clockText(seconds: number): string {
  const [weekday = '', day = '', month = '', year = '', time = ''] = new Date(seconds * 1000)
    .toUTCString()
    .split(' ');
  return `${weekday.replace(',', '')} ${month} ${day.replace(/^0/, ' ')} ${time} ${year}`;
}

function resources(call: Call) {
  const type = call.parameters.text('type');
  const entries = services(call.cluster).map((guest) => ({
    sid: serviceId(guest),
    type: guest.type === 'qemu' ? 'vm' : 'ct',
    state: guest.haState === 'ignored' ? 'ignored' : guest.haState === 'stopped' ? 'stopped' : 'started',
    digest: digestOf('ha-resources'),
  }));
  return call.shuffle(entries.filter((entry) => type === undefined || entry.type === type));
}

const AUDIT = { path: '/', anyOf: ['Sys.Audit'] } as const;

export const haRoutes: readonly Route[] = [
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
  {
    method: 'GET',
    path: '/cluster/ha/resources',
    parameters: { type: { type: 'string', values: ['ct', 'vm'], optional: true } },
    permission: AUDIT,
    forwarded: false,
    handle: resources,
  },
  {
    method: 'GET',
    path: '/cluster/ha/rules',
    parameters: {
      resource: { type: 'string', optional: true },
      type: { type: 'string', values: ['node-affinity', 'resource-affinity'], optional: true },
    },
    permission: AUDIT,
    forwarded: false,
    handle: () => [],
  },
];
