import { isOperatorError } from '../lib/errors.ts';
import { type HaPlacement, placementOfGroups, placementOfRules, vmidOfSid } from './ha-rules.ts';
import { type HaReading, readHa } from './ha-state.ts';
import type { ProxmoxAnswer } from './reader.ts';
import { clusterResources, type ResourceEntry } from './schemas/cluster-resources.ts';
import { type ClusterStatusEntry, clusterStatus } from './schemas/cluster-status.ts';
import { type TaskEntry, taskList } from './schemas/cluster-tasks.ts';
import { type HaManagerStatus, haEntries, haManagerStatus, haResource, haResources } from './schemas/ha.ts';
import { datacenterOptions } from './schemas/options.ts';
import { type ReplicationJob, replicationJobs } from './schemas/replication.ts';

/** What any node answers for the whole cluster (docs/proxmox-api.md §1.14). */
export interface ClusterReads {
  readonly resources: readonly ResourceEntry[];
  /** Proxmox time of `resources`. */
  readonly resourcesTime: number;
  readonly status: readonly ClusterStatusEntry[];
  readonly tasks: readonly TaskEntry[];
  readonly haStatus: HaManagerStatus;
  readonly ha: HaReading;
  readonly replication: readonly ReplicationJob[];
}

type Get = (path: string) => Promise<ProxmoxAnswer>;

/** Eight calls, nine where HA has groups. Throws when one of them fails or has a wrong shape. */
export async function readClusterWide(get: Get): Promise<ClusterReads> {
  const managed = readHaResources(get);
  const [resources, status, tasks, haState, services, placement, options, replication] = await Promise.all([
    get('/cluster/resources'),
    get('/cluster/status'),
    get('/cluster/tasks'),
    get('/cluster/ha/status/manager_status'),
    managed,
    readPlacement(get, managed),
    get('/cluster/options'),
    get('/cluster/replication'),
  ]);
  const entries = clusterResources.expect(resources.data, '/cluster/resources');
  const haStatus = haManagerStatus.expect(haState.data, '/cluster/ha/status/manager_status');
  return {
    resources: entries,
    resourcesTime: resources.proxmoxTime,
    status: clusterStatus.expect(status.data, '/cluster/status'),
    tasks: taskList.expect(tasks.data, '/cluster/tasks'),
    haStatus,
    ha: readHa({
      status: haStatus,
      resources: services,
      placement,
      options: datacenterOptions.expect(options.data, '/cluster/options'),
      nodes: entries.filter(({ type }) => type === 'node'),
    }),
    replication: replicationJobs.expect(replication.data, '/cluster/replication'),
  };
}

type HaResources = readonly { readonly sid: string }[];

async function readHaResources(get: Get): Promise<HaResources> {
  return haResources.expect((await get('/cluster/ha/resources')).data, '/cluster/ha/resources');
}

/** Rules of PVE 9, or where it does not know them the groups of PVE 8, should there be any (docs/proxmox-api.md §9). */
async function readPlacement(get: Get, resources: Promise<HaResources>): Promise<HaPlacement> {
  try {
    return placementOfRules(haEntries.expect((await get('/cluster/ha/rules')).data, '/cluster/ha/rules'));
  } catch (error) {
    if (!isOperatorError(error, 'NotImplemented')) throw error;
  }
  const groups = new Map(
    (await resources).flatMap((entry) => {
      const vmid = vmidOfSid(entry.sid);
      const group = haResource.matches(entry) ? entry.group : undefined;
      return vmid === undefined || !group ? [] : [[vmid, group] as const];
    }),
  );
  if (groups.size === 0) return placementOfGroups([], groups);
  const answer = await get('/cluster/ha/groups');
  return placementOfGroups(haEntries.expect(answer.data, '/cluster/ha/groups'), groups);
}
