import { permissionError, serverError } from '../http/api-error.ts';
import { NODE, VMID } from '../http/parameters.ts';
import type { Call, Route } from '../http/route.ts';
import type { ReplicationJob } from '../world/replication.ts';
import { visibleGuests } from './resources.ts';

const SYNC_PERIOD_S = 900;

/** No backup job is simulated, so none of the guests is in one. */
function notBackedUp(call: Call) {
  return call.shuffle(visibleGuests(call).map(({ vmid, name, type }) => ({ vmid, name, type })));
}

function subscription(call: Call) {
  return {
    status: 'notfound',
    message: 'There is no subscription key',
    serverid: '0'.repeat(32),
    url: 'https://www.proxmox.com/en/proxmox-virtual-environment/pricing',
    ...(call.may(`/nodes/${call.node.name}`, 'Sys.Modify') ? { checktime: 0 } : {}),
  };
}

/** GET /nodes/{node}/replication: how the jobs of the node's guests are doing. Every sync succeeds at once. */
function replication(call: Call) {
  const guest = call.parameters.number('guest');
  return jobs(call).filter(
    (job) => call.may(`/vms/${job.guest}`, 'VM.Audit') && (guest === undefined || job.guest === guest),
  );
}

function jobs(call: Call) {
  const { cluster } = call;
  const now = Math.floor(cluster.now() / 1000);
  const last = Math.floor(now / SYNC_PERIOD_S) * SYNC_PERIOD_S;
  return cluster.replication.jobs().flatMap((job: ReplicationJob) => {
    const guest = cluster.guests.get(job.guest);
    if (guest?.node !== call.node.name) return [];
    return {
      id: `${job.guest}-${job.number}`,
      guest: job.guest,
      jobnum: String(job.number),
      type: 'local',
      vmtype: guest.type,
      source: guest.node,
      target: job.target,
      schedule: job.schedule,
      last_sync: last,
      last_try: last,
      next_sync: last + SYNC_PERIOD_S,
      duration: 1.5,
      fail_count: 0,
    };
  });
}

function jobStatus(call: Call) {
  const id = call.parameters.text('id');
  const job = jobs(call).find((each) => each.id === id);
  if (!job) throw serverError(`no such replication job '${id}'`);
  const path = `/vms/${job.guest}`;
  if (!call.may(path, 'VM.Audit')) throw permissionError(path, ['VM.Audit']);
  return job;
}

/** What monitoring tools read besides what a balancer needs. */
export const monitoringRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/cluster/backup-info/not-backed-up',
    parameters: {},
    permission: { path: '/', anyOf: ['Sys.Audit'] },
    forwarded: false,
    handle: notBackedUp,
  },
  {
    method: 'GET',
    path: '/nodes/{node}/subscription',
    parameters: { node: NODE },
    forwarded: true,
    handle: subscription,
  },
  {
    method: 'GET',
    path: '/nodes/{node}/replication',
    parameters: { node: NODE, guest: { ...VMID, optional: true } },
    forwarded: true,
    handle: replication,
  },
  {
    method: 'GET',
    path: '/nodes/{node}/replication/{id}/status',
    parameters: { node: NODE, id: { type: 'string' } },
    forwarded: true,
    handle: jobStatus,
  },
];
