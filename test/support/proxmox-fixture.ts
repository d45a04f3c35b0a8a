import { readFileSync } from 'node:fs';

const FOLDER = new URL('../fixtures/proxmox/', import.meta.url);

/** The `data` part of an example answer, freshly parsed: `fixtureData('9.1/GET_cluster_status')`. */
// biome-ignore lint/suspicious/noExplicitAny: tests change answers at will
export function fixtureData(name: string): any {
  return JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), 'utf8')).data;
}

/** An answer of `errors/` (or `200_ok_head`), as PVE puts it on the wire. */
export interface ErrorFixture {
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string | null;
}

export function errorFixture(name: string): ErrorFixture {
  return JSON.parse(readFileSync(new URL(`errors/${name}.json`, FOLDER), 'utf8'));
}

/** A whole three-node cluster as a snapshot's responses; tests change what they are about. */
// biome-ignore lint/suspicious/noExplicitAny: tests change answers at will
export function clusterResponses(version: '8.4' | '9.1' | '9.2' = '9.1'): Record<string, any> {
  const of91 = {
    '/cluster/resources': fixtureData('9.1/GET_cluster_resources'),
    '/cluster/status': fixtureData('9.1/GET_cluster_status'),
    '/cluster/tasks': fixtureData('9.1/GET_cluster_tasks'),
    '/cluster/ha/status/manager_status': fixtureData('9.1/GET_cluster_ha_status_manager_status'),
    '/cluster/ha/resources': fixtureData('9.1/GET_cluster_ha_resources'),
    '/cluster/ha/rules': fixtureData('9.1/GET_cluster_ha_rules'),
    '/cluster/options': fixtureData('9.1/GET_cluster_options'),
    '/cluster/replication': fixtureData('9.1/GET_cluster_replication'),
    '/nodes/pve1/status': fixtureData('9.1/GET_nodes_pve1_status'),
    '/nodes/pve2/status': fixtureData('9.1/GET_nodes_pve2_status'),
    '/nodes/pve3/status': fixtureData('9.1/GET_nodes_pve3_status'),
  };
  if (version === '9.1') return of91;
  if (version === '9.2') {
    return {
      ...of91,
      '/cluster/ha/resources': fixtureData('9.2/GET_cluster_ha_resources'),
      '/cluster/ha/rules': fixtureData('9.2/GET_cluster_ha_rules'),
      '/cluster/options': fixtureData('9.2/GET_cluster_options_auto_rebalance'),
      '/nodes/pve1/status': fixtureData('9.2/GET_nodes_pve1_status'),
    };
  }
  const { '/cluster/ha/rules': _, ...rest } = of91;
  return {
    ...rest,
    '/cluster/resources': fixtureData('8.4/GET_cluster_resources'),
    '/cluster/ha/resources': fixtureData('8.4/GET_cluster_ha_resources'),
    '/cluster/ha/groups': fixtureData('8.4/GET_cluster_ha_groups'),
    '/nodes/pve1/status': fixtureData('8.4/GET_nodes_pve1_status'),
  };
}
