import type { ProxmoxAnswer } from './reader.ts';
import { clusterResources, type ResourceEntry } from './schemas/cluster-resources.ts';
import { type ClusterStatusEntry, clusterStatus } from './schemas/cluster-status.ts';
import { type TaskEntry, taskList } from './schemas/cluster-tasks.ts';
import { type HaManagerStatus, haManagerStatus, haResources } from './schemas/ha.ts';
import { replicationJobs } from './schemas/replication.ts';
import { parseVmid } from './upid.ts';

/** What any node answers for the whole cluster (docs/proxmox-api.md §1.14). */
export interface ClusterReads {
  readonly resources: readonly ResourceEntry[];
  /** Proxmox time of `resources`. */
  readonly resourcesTime: number;
  readonly status: readonly ClusterStatusEntry[];
  readonly tasks: readonly TaskEntry[];
  readonly ha: HaManagerStatus;
  /** VMIDs configured in HA, unless `ignored`. */
  readonly haManaged: ReadonlySet<number>;
  /** VMIDs with replication jobs. */
  readonly replicated: ReadonlySet<number>;
}

/** Six calls. Throws when one of them fails or has a wrong shape. */
export async function readClusterWide(get: (path: string) => Promise<ProxmoxAnswer>): Promise<ClusterReads> {
  const [resources, status, tasks, ha, managed, replication] = await Promise.all([
    get('/cluster/resources'),
    get('/cluster/status'),
    get('/cluster/tasks'),
    get('/cluster/ha/status/manager_status'),
    get('/cluster/ha/resources'),
    get('/cluster/replication'),
  ]);
  const services = haResources.expect(managed.data, '/cluster/ha/resources');
  const jobs = replicationJobs.expect(replication.data, '/cluster/replication');
  return {
    resources: clusterResources.expect(resources.data, '/cluster/resources'),
    resourcesTime: resources.proxmoxTime,
    status: clusterStatus.expect(status.data, '/cluster/status'),
    tasks: taskList.expect(tasks.data, '/cluster/tasks'),
    ha: haManagerStatus.expect(ha.data, '/cluster/ha/status/manager_status'),
    haManaged: new Set(
      services.flatMap(({ sid, state }) => (state === 'ignored' ? [] : (vmidOfSid(sid) ?? []))),
    ),
    replicated: new Set(jobs.map((job) => job.guest)),
  };
}

/** `vm:100` or `ct:200`. */
function vmidOfSid(sid: string): number | undefined {
  return /^(?:vm|ct):/.test(sid) ? parseVmid(sid.slice(3)) : undefined;
}
