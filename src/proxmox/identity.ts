import { createHash } from 'node:crypto';
import { isOperatorError } from '../lib/errors.ts';
import type { ProxmoxReader } from './reader.ts';
import { certificates, nodeList } from './schemas/probe.ts';

const ROOT_CA = 'pve-root-ca.pem';
const CERTIFICATES = '/nodes/localhost/certificates/info';

/**
 * What names the physical cluster, whatever endpoint and PveCluster it is reached through: its name and its root CA's
 * fingerprint; where PVE does not show that one, a digest of its nodes' fingerprints. A failing call throws: an identity
 * that changed with the network would look like another cluster.
 */
export async function readIdentity(
  reader: ProxmoxReader,
  name: string,
  signal: AbortSignal,
): Promise<string> {
  return `${name}/${(await rootCaFingerprint(reader, signal)) ?? (await nodesDigest(reader, signal))}`;
}

async function rootCaFingerprint(reader: ProxmoxReader, signal: AbortSignal): Promise<string | undefined> {
  try {
    const { data } = await reader.get(CERTIFICATES, {}, signal);
    const root = certificates.expect(data, CERTIFICATES).find(({ filename }) => filename === ROOT_CA);
    return root?.fingerprint?.toUpperCase();
  } catch (error) {
    if (isOperatorError(error, 'NotImplemented', 'Forbidden')) return undefined;
    throw error;
  }
}

async function nodesDigest(reader: ProxmoxReader, signal: AbortSignal): Promise<string> {
  const nodes = nodeList.expect((await reader.get('/nodes', {}, signal)).data, '/nodes');
  const marks = nodes.map(({ node, ssl_fingerprint }) => ssl_fingerprint?.toUpperCase() ?? node).sort();
  return `sha256:${createHash('sha256').update(marks.join('\n')).digest('hex')}`;
}
