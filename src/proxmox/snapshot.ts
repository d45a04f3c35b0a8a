import { OperatorError } from '../lib/errors.ts';
import { defineShape } from './answer-shape.ts';
import type { ProxmoxReader } from './reader.ts';

export interface SnapshotReader extends ProxmoxReader {
  /** Whether the snapshot has an answer to GET of this path. */
  has(path: string): boolean;
  /**
   * Paths the snapshot lacks and that were answered as if nothing special were there, in alphabetical order; those of single
   * guests are not among them (see `has`).
   */
  assumed(): readonly string[];
}

interface Snapshot {
  readonly responses: Readonly<Record<string, unknown>>;
}

const snapshotShape = defineShape<Snapshot>({
  type: 'object',
  required: ['responses'],
  properties: {
    responses: {
      type: 'object',
      required: ['/cluster/resources'],
      properties: { '/cluster/resources': { type: 'array' } },
    },
  },
});

/**
 * Answers GET requests from a recorded cluster: `{"responses": {"/cluster/resources": [...], ...}}`, path to the `data`
 * part of the answer. Throws `InvalidInput` when the file has another form; a path that it lacks and that cannot be
 * taken as unproblematic is `InvalidInput` as well.
 *
 * @param json The parsed file.
 * @param proxmoxTime When it was taken, milliseconds since the epoch; a snapshot itself does not say.
 */
export function createSnapshotReader(json: unknown, proxmoxTime = 0): SnapshotReader {
  const fault = snapshotShape.fault(json);
  if (fault !== undefined || !snapshotShape.matches(json)) {
    throw new OperatorError(
      'InvalidInput',
      `The snapshot is not {"responses": {"/cluster/resources": [...], "/nodes/NODE/status": {...}, ...}}: ${fault}. ` +
        'Record one with `cslb snapshot`.',
    );
  }
  const { responses } = json;
  const assumed = new Set<string>();

  async function get(path: string) {
    if (path === '/cluster/resources') return { data: resourcesOf(responses), proxmoxTime };
    if (Object.hasOwn(responses, path)) return { data: responses[path], proxmoxTime };
    // PVE 8 has groups in the place of rules.
    if (path === '/cluster/ha/rules' && Object.hasOwn(responses, '/cluster/ha/groups')) {
      throw new OperatorError('NotImplemented', `The snapshot has HA groups and no answer to GET ${path}.`);
    }
    const data = unproblematic(path, responses['/cluster/resources']);
    if (data === undefined) {
      const present = Object.keys(responses).filter((key) => key.startsWith('/')).length;
      throw new OperatorError(
        'InvalidInput',
        `The snapshot has no answer to GET ${path} (it has ${present} others). Record it again with \`cslb snapshot\`.`,
      );
    }
    if (!GUEST_PATH.test(path)) assumed.add(path);
    return { data, proxmoxTime };
  }

  return { get, has: (path) => Object.hasOwn(responses, path), assumed: () => [...assumed].sort() };
}

/** Where storages were recorded by their configuration alone, with an entry for each node that it gives them to. */
function resourcesOf(responses: Snapshot['responses']): unknown {
  const resources = responses['/cluster/resources'];
  const storages = responses['/storage'];
  if (!Array.isArray(resources) || !Array.isArray(storages)) return resources;
  const entries = resources.map((entry): Record<string, unknown> => Object(entry));
  if (entries.some(({ type }) => type === 'storage')) return resources;
  const nodes = entries.flatMap(({ type, node }) => (type === 'node' ? [String(node)] : []));
  const added = storages.flatMap((entry) => {
    const { storage, type, content, shared, nodes: listed, disable }: Record<string, unknown> = Object(entry);
    const on = typeof listed === 'string' ? listed.split(',') : nodes;
    return disable === 1
      ? []
      : on.map((node) => ({
          id: `storage/${node}/${storage}`,
          type: 'storage',
          storage,
          node,
          plugintype: type,
          content,
          shared: shared === 1 ? 1 : 0,
          status: 'available',
        }));
  });
  return [...resources, ...added];
}

/** What an answer would be on a cluster where nothing stands in the way; undefined where no such thing can be said. */
function unproblematic(path: string, resources: unknown): unknown {
  switch (path) {
    case '/cluster/tasks':
    case '/cluster/ha/resources':
    case '/cluster/ha/rules':
    case '/cluster/replication':
      return [];
    case '/cluster/ha/status/manager_status':
    case '/cluster/options':
      return {};
    case '/cluster/status':
      return quorateStatus(Array.isArray(resources) ? resources : []);
    default:
      return ofGuest(path);
  }
}

/** What a closer look at a guest asks for. */
const GUEST_PATH = /^\/nodes\/[^/]+\/(qemu|lxc)\/\d+\/(config|migrate)$/;

function ofGuest(path: string): unknown {
  const match = GUEST_PATH.exec(path);
  if (!match) return undefined;
  return match[1] === 'qemu' && match[2] === 'migrate' ? { local_disks: [], local_resources: [] } : {};
}

function quorateStatus(resources: readonly unknown[]): unknown {
  const nodes = resources.flatMap((entry) => {
    const { type, node, status } = Object(entry);
    return type === 'node' ? [{ type: 'node', name: node, online: status === 'online' ? 1 : 0 }] : [];
  });
  return [{ type: 'cluster', name: 'snapshot', quorate: 1 }, ...nodes];
}
