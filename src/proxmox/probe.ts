import { isOperatorError } from '../lib/errors.ts';
import { readIdentity } from './identity.ts';
import { isQuorate } from './inventory.ts';
import { MissingPrivilegesError, missingPrivileges } from './missing-privileges.ts';
import type { ProxmoxAnswer, ProxmoxReader } from './reader.ts';
import { clusterResources } from './schemas/cluster-resources.ts';
import { clusterStatus } from './schemas/cluster-status.ts';
import { permissions, version } from './schemas/probe.ts';

/** Who and how a cluster is. */
export interface ClusterProbe {
  /** `9.1.2` */
  readonly version: string;
  /** Names the physical cluster: its name and its root CA's fingerprint, else a digest of its nodes' fingerprints. */
  readonly identity: string;
  readonly quorate: boolean;
  readonly nodes: { readonly total: number; readonly online: number };
  /** Without templates. */
  readonly guests: { readonly total: number; readonly running: number };
  /** In words for people: `VM.Migrate on /vms`. Empty when all is there. */
  readonly missingPrivileges: readonly string[];
  readonly proxmoxTime: number;
}

/** Five to six calls. Throws MissingPrivilegesError when the credentials do not even suffice to look. */
export async function probe(reader: ProxmoxReader, signal: AbortSignal): Promise<ClusterProbe> {
  const [versionAnswer, permissionsAnswer] = await Promise.all([
    reader.get('/version', {}, signal),
    reader.get('/access/permissions', {}, signal),
  ]);
  const missing = missingPrivileges(permissions.expect(permissionsAnswer.data, '/access/permissions'));
  const [statusAnswer, resourcesAnswer] = await Promise.all([
    namingAll(missing, reader.get('/cluster/status', {}, signal)),
    reader.get('/cluster/resources', {}, signal),
  ]);
  const status = clusterStatus.expect(statusAnswer.data, '/cluster/status');
  const nodes = status.flatMap((entry) => (entry.type === 'node' ? [entry] : []));
  const guests = clusterResources
    .expect(resourcesAnswer.data, '/cluster/resources')
    .filter((entry) => (entry.type === 'qemu' || entry.type === 'lxc') && !entry.template);
  const name = status.find((entry) => entry.type === 'cluster')?.name ?? nodes[0]?.name ?? '';
  return {
    version: version.expect(versionAnswer.data, '/version').version,
    identity: await readIdentity(reader, name, signal),
    quorate: isQuorate(status),
    nodes: { total: nodes.length, online: nodes.filter((node) => Boolean(node.online)).length },
    guests: { total: guests.length, running: guests.filter((guest) => guest.status === 'running').length },
    missingPrivileges: missing,
    proxmoxTime: Math.min(versionAnswer.proxmoxTime, statusAnswer.proxmoxTime, resourcesAnswer.proxmoxTime),
  };
}

async function namingAll(missing: readonly string[], call: Promise<ProxmoxAnswer>): Promise<ProxmoxAnswer> {
  try {
    return await call;
  } catch (error) {
    if (!isOperatorError(error, 'Forbidden') || missing.length === 0) throw error;
    throw new MissingPrivilegesError(missing);
  }
}
