import type { Call, Route } from '../http/route.ts';

function status(call: Call) {
  const { cluster } = call;
  const nodes = [...cluster.nodes.values()];
  // A node without quorum sees none of the others.
  const isOnline = (name: string) =>
    cluster.node(name).online && (cluster.quorate || name === call.localNode.name);
  return call.shuffle([
    {
      type: 'cluster',
      id: 'cluster',
      name: cluster.scenario.clusterName,
      version: nodes.length,
      nodes: nodes.length,
      quorate: cluster.quorate ? 1 : 0,
    },
    ...nodes.map((node) => ({
      type: 'node',
      id: `node/${node.name}`,
      name: node.name,
      nodeid: node.number,
      ip: node.ip,
      online: isOnline(node.name) ? 1 : 0,
      local: node === call.localNode ? 1 : 0,
      level: '',
    })),
  ]);
}

function options(call: Call) {
  const tags = new Set([...call.cluster.guests.values()].flatMap((guest) => guest.tags));
  const allowed = { 'allowed-tags': [...tags].sort() };
  if (!call.may('/', 'Sys.Audit')) return allowed;
  return {
    ...allowed,
    mac_prefix: 'BC:24:11',
    description: '',
    keyboard: 'en-us',
    migration: { type: 'secure' },
  };
}

export const clusterRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/cluster/status',
    parameters: {},
    permission: { path: '/', anyOf: ['Sys.Audit'] },
    forwarded: false,
    handle: status,
  },
  { method: 'GET', path: '/cluster/options', parameters: {}, forwarded: false, handle: options },
  { method: 'GET', path: '/cluster/replication', parameters: {}, forwarded: false, handle: () => [] },
];
