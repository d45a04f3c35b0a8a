import { isOperatorError } from '../lib/errors.ts';
import { isQuorate } from './inventory.ts';
import type { ProxmoxReader } from './reader.ts';
import { clusterStatus } from './schemas/cluster-status.ts';

/**
 * Proxmox time at which the cluster says that it has no such node any more, when a call about the node has failed with
 * `error`; undefined while it has, and where that cannot be told. A node that was removed takes its tasks along: whoever
 * waited for it to answer again would wait for ever.
 */
export async function removedSince(
  reader: ProxmoxReader,
  node: string,
  error: unknown,
  signal: AbortSignal,
): Promise<number | undefined> {
  // What PVE says of a node that it does not know: its name does not resolve, or what it resolves to does not answer.
  if (!isOperatorError(error, 'ServerError', 'NodeUnreachable')) return undefined;
  try {
    const { data, proxmoxTime } = await reader.get('/cluster/status', {}, signal);
    const status = clusterStatus.expect(data, '/cluster/status');
    const isMember = status.some(({ type, name }) => type === 'node' && name === node);
    return isMember || !isQuorate(status) ? undefined : proxmoxTime;
  } catch (failure) {
    if (signal.aborted || !isOperatorError(failure)) throw failure;
    return undefined;
  }
}
