import type { Caller, Permissions } from '../access/permissions.ts';
import type { CertificateInformation } from '../certificates/certificates.ts';
import { shuffled } from '../random.ts';
import type { Cluster } from '../world/cluster.ts';
import type { Node } from '../world/node.ts';
import { ApiError, permissionError, serverError } from './api-error.ts';
import { checkParameters } from './parameters.ts';
import type { Route } from './route.ts';
import { fillIn, type Router } from './router.ts';

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
  readonly certificates: CertificateInformation;
  readonly router: Router;
  readonly localNode: Node;
  readonly random: () => number;
}

/**
 * Answers a request in PVE's order: is there such a method, may the caller use it, is the node that must answer
 * reachable, are the parameters right, and then the method itself. Returns `data` or a page; throws `ApiError`.
 */
export function dispatch(context: DispatchContext, request: ApiRequest): unknown {
  const { cluster, permissions } = context;
  const match = context.router(request.method, request.path);
  if (!match) throw new ApiError(501, `Method '${request.method} ${request.path}' not implemented`);
  const { route } = match;
  const pathParameters = withLocalNode(match.pathParameters, context.localNode);
  const may = (path: string, ...anyOf: readonly string[]) => permissions.has(request.caller, path, anyOf);
  if (route.permission) {
    const path = fillIn(route.permission.path, pathParameters);
    if (!may(path, ...route.permission.anyOf)) throw permissionError(path, route.permission.anyOf);
  }
  const node = answeringNode(context, route, pathParameters.node);
  return route.handle({
    cluster,
    permissions,
    caller: request.caller,
    parameters: checkParameters(route.parameters, { ...request.parameters, ...pathParameters }),
    localNode: context.localNode,
    node,
    certificates: context.certificates,
    shuffle: (list) => shuffled(list, context.random),
    may,
  });
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
