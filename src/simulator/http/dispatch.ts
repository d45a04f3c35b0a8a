import type { Authentication } from '../access/authentication.ts';
import type { Caller, Permissions } from '../access/permissions.ts';
import type { CertificateInformation } from '../certificates/certificates.ts';
import { shuffled } from '../random.ts';
import type { Cluster } from '../world/cluster.ts';
import type { Node } from '../world/node.ts';
import { ApiError, permissionError, serverError } from './api-error.ts';
import { checkParameters } from './parameters.ts';
import { isDelayed, type Route } from './route.ts';
import { fillIn, type Match, type Router } from './router.ts';

/** A request whose sender is known. */
export interface ApiRequest {
  readonly method: string;
  /** Below `/api2/json`. */
  readonly path: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly caller: Caller;
}

export interface DispatchContext {
  readonly cluster: Cluster;
  readonly permissions: Permissions;
  readonly authentication: Authentication;
  readonly certificates: CertificateInformation;
  readonly router: Router;
  readonly localNode: Node;
  readonly random: () => number;
}

/** What a method returned, and how late the asked node can say so. */
export interface Dispatched {
  readonly result: unknown;
  readonly delayMs: number;
}

/** A node waits no longer for another one, or for its own daemon (docs/proxmox-api.md §1.13). */
const FORWARD_TIMEOUT_MS = 30_000;

/**
 * Answers a request in PVE's order: is there such a method, may the caller use it, is the node that must answer
 * reachable, are the parameters right, and then the method itself. Throws `ApiError`.
 */
export function dispatch(context: DispatchContext, request: ApiRequest): Dispatched {
  const { cluster, permissions, localNode } = context;
  const match = findRoute(context, request, localNode);
  const { route } = match;
  const pathParameters = withLocalNode(match.pathParameters, localNode);
  const may = (path: string, ...anyOf: readonly string[]) => permissions.has(request.caller, path, anyOf);
  if (route.permission) {
    const path = fillIn(route.permission.path, pathParameters);
    if (!may(path, ...route.permission.anyOf)) throw permissionError(path, route.permission.anyOf);
  }
  const node = answeringNode(context, route, pathParameters.node);
  findRoute(context, request, node);
  const result = route.handle({
    cluster,
    permissions,
    authentication: context.authentication,
    profile: node.profile,
    caller: request.caller,
    parameters: checkParameters(route.parameters, { ...request.parameters, ...pathParameters }, node.profile),
    localNode,
    node,
    certificates: context.certificates,
    shuffle: (list) => shuffled(list, context.random),
    may,
  });
  const workMs = isDelayed(result) ? result.delayMs : 0;
  const remoteMs = node === localNode ? 0 : node.slowMs;
  if (workMs + remoteMs > FORWARD_TIMEOUT_MS) {
    throw new ApiError(596, 'Connection timed out', {
      body: 'None',
      delayMs: localNode.slowMs + FORWARD_TIMEOUT_MS,
    });
  }
  return {
    result: isDelayed(result) ? result.data : result,
    delayMs: localNode.slowMs + remoteMs + workMs,
  };
}

// A release that does not have the method says the same as one that never had it.
function findRoute(context: DispatchContext, request: ApiRequest, node: Node): Match {
  const match = context.router(request.method, request.path);
  const feature = match?.route.feature;
  if (match && (feature === undefined || node.profile.features.has(feature))) return match;
  throw new ApiError(501, `Method '${request.method} ${request.path}' not implemented`);
}

// `localhost` is the node that was asked (docs/proxmox-api.md §1.12).
function withLocalNode(
  pathParameters: Readonly<Record<string, string>>,
  localNode: Node,
): Readonly<Record<string, string>> {
  return pathParameters.node === 'localhost' ? { ...pathParameters, node: localNode.name } : pathParameters;
}

function answeringNode(context: DispatchContext, route: Route, name: string | undefined): Node {
  if (!route.forwarded || name === undefined) return context.localNode;
  const node = context.cluster.nodes.get(name);
  if (!node) {
    const cause = `failed to get address info for: ${name}: Name or service not known`;
    throw serverError(`hostname lookup '${name}' failed - ${cause}`);
  }
  if (!node.online) throw new ApiError(595, 'No route to host', { body: 'None' });
  return node;
}
