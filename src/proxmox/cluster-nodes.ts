import type { ClusterNode } from '../balancing/cluster.ts';
import { isOperatorError, messageOf } from '../lib/errors.ts';
import type { ClusterReads } from './cluster-reads.ts';
import { membershipOf, type NodeStatusReading, onlineNode } from './node-availability.ts';
import { apiPath, type ProxmoxAnswer } from './reader.ts';
import { type NodeResource, nodeIdentity, nodeResource } from './schemas/cluster-resources.ts';
import { nodeStatus } from './schemas/node-status.ts';

/** The cluster's nodes by name, one call for each that takes part. A node whose call fails is `Unknown`, no more. */
export function readNodes(
  reads: ClusterReads,
  get: (path: string) => Promise<ProxmoxAnswer>,
  signal: AbortSignal,
): Promise<readonly ClusterNode[]> {
  async function readStatus(node: string): Promise<NodeStatusReading> {
    const path = apiPath('nodes', node, 'status');
    try {
      const answer = await get(path);
      const secondsAfterResources = Math.max(0, answer.proxmoxTime - reads.resourcesTime) / 1_000;
      return { kind: 'Read', status: nodeStatus.expect(answer.data, path), secondsAfterResources };
    } catch (error) {
      if (signal.aborted || !isOperatorError(error)) throw error;
      return { kind: 'Failed', detail: messageOf(error) };
    }
  }

  async function readNode({ name, online, resource, fault }: ListedNode): Promise<ClusterNode> {
    const membership = membershipOf(name, online, resource, reads.haStatus);
    if (membership.kind === 'Absent') {
      const { availability, detail } = membership;
      return { name, uptimeSeconds: resource?.uptime ?? 0, availability, detail };
    }
    if (!resource) return { name, uptimeSeconds: 0, availability: 'Unknown', doubt: 'Unread', detail: fault };
    return onlineNode(name, resource, await readStatus(name));
  }

  return Promise.all(listedNodes(reads).map(readNode));
}

interface ListedNode {
  readonly name: string;
  readonly online: boolean;
  /** Undefined when /cluster/resources has none that is usable. */
  readonly resource: NodeResource | undefined;
  /** Why there is no resource. */
  readonly fault: string;
}

/** The cluster's members with what /cluster/resources says of each. */
function listedNodes({ resources, status }: ClusterReads): readonly ListedNode[] {
  const entries = resources.filter((entry) => entry.type === 'node');
  const identities = entries.map((entry) => nodeIdentity.expect(entry, '/cluster/resources'));
  const online = new Map(
    status.flatMap((entry) => (entry.type === 'node' ? [[entry.name, entry.online]] : [])),
  );
  const names = [...new Set([...online.keys(), ...identities.map((identity) => identity.node)])].sort();
  return names.map((name) => {
    const own = entries.filter((_, index) => identities[index]?.node === name);
    const [entry] = own;
    return {
      name,
      // A node that the resources know and the membership does not is one that is leaving.
      online: Boolean(online.get(name)),
      resource: own.length === 1 && nodeResource.matches(entry) ? entry : undefined,
      fault: faultOf(own),
    };
  });
}

function faultOf(entries: readonly unknown[]): string {
  if (entries.length === 0) return '/cluster/resources does not list it';
  if (entries.length > 1) return '/cluster/resources lists it more than once';
  return `its entry in /cluster/resources is malformed: ${nodeResource.fault(entries[0]) ?? ''}`;
}
