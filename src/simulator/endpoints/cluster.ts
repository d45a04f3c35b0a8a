import type { Call, Route } from '../http/route.ts';

function status(call: Call) {
  const { cluster } = call;
  const nodes = [...cluster.nodes.values()];
  // A node without quorum sees none of the others.
  const isOnline = (name: string) =>
    cluster.node(name).online && (cluster.quorate || name === call.localNode.name);
  const entries = nodes.map((node) => ({
    type: 'node',
    id: `node/${node.name}`,
    name: node.name,
    // A host that never joined a cluster has no number in it.
    nodeid: nodes.length === 1 ? 0 : node.number,
    ip: node.ip,
    online: isOnline(node.name) ? 1 : 0,
    local: node === call.localNode ? 1 : 0,
    level: '',
  }));
  if (nodes.length === 1) return entries;
  return call.shuffle([
    {
      type: 'cluster',
      id: 'cluster',
      name: cluster.scenario.clusterName,
      version: nodes.length,
      nodes: nodes.length,
      quorate: cluster.quorate ? 1 : 0,
    },
    ...entries,
  ]);
}

/** GET /cluster/replication: the jobs of guests one may see. */
function replication(call: Call) {
  const jobs = call.cluster.replication
    .jobs()
    .filter((job) => call.may(`/vms/${job.guest}`, 'VM.Audit'))
    .map((job) => ({
      id: `${job.guest}-${job.number}`,
      guest: job.guest,
      jobnum: job.number,
      type: 'local',
      target: job.target,
      schedule: job.schedule,
    }));
  return call.shuffle(jobs);
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
  { method: 'GET', path: '/cluster/replication', parameters: {}, forwarded: false, handle: replication },
];
