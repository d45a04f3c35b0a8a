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
export function clusterResponses(): Record<string, any> {
  return {
    '/cluster/resources': fixtureData('9.1/GET_cluster_resources'),
    '/cluster/status': fixtureData('9.1/GET_cluster_status'),
    '/cluster/tasks': fixtureData('9.1/GET_cluster_tasks'),
    '/cluster/ha/status/manager_status': fixtureData('9.1/GET_cluster_ha_status_manager_status'),
    '/cluster/ha/resources': fixtureData('9.1/GET_cluster_ha_resources'),
    '/cluster/replication': fixtureData('9.1/GET_cluster_replication'),
    '/nodes/pve1/status': fixtureData('9.1/GET_nodes_pve1_status'),
    '/nodes/pve2/status': fixtureData('9.1/GET_nodes_pve2_status'),
    '/nodes/pve3/status': fixtureData('9.1/GET_nodes_pve3_status'),
  };
}
