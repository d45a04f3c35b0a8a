import type { Authentication } from '../access/authentication.ts';
import type { Caller, Permissions } from '../access/permissions.ts';
import type { CertificateInformation } from '../certificates/certificates.ts';
import type { Feature, Profile } from '../profile.ts';
import type { Cluster } from '../world/cluster.ts';
import type { Node } from '../world/node.ts';
import type { ParameterDeclarations, Parameters } from './parameters.ts';

/** One endpoint. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below `/api2/json`, with `{name}` for path parameters; `{node}` is the node that answers. */
  readonly path: string;
  readonly parameters: ParameterDeclarations;
  /** Only releases with this have it; others answer 501. */
  readonly feature?: Feature;
  /** Checked before anything else; `{name}` in its path is filled in. Undefined: any login, `handle` filters. */
  readonly permission?: { readonly path: string; readonly anyOf: readonly string[] };
  /** Answered by the node in the path: fails when that is not reachable (docs/proxmox-api.md §1.12, §1.15). */
  readonly forwarded: boolean;
  /** Returns the `data` of the answer, `paged(...)` or `delayed(...)`. Throws `ApiError`. */
  handle(call: Call): unknown;
}

export interface Call {
  readonly cluster: Cluster;
  readonly permissions: Permissions;
  readonly authentication: Authentication;
  /** Of the node that answers. */
  readonly profile: Profile;
  readonly caller: Caller;
  readonly parameters: Parameters;
  /** The node whose server was asked. */
  readonly localNode: Node;
  /** The node in the path, for routes that have one. */
  readonly node: Node;
  readonly certificates: CertificateInformation;
  /** Lists come in random order, as PVE's do. */
  shuffle<T>(list: readonly T[]): T[];
  may(path: string, ...anyOf: readonly string[]): boolean;
}

/** A list of which only a part is in the answer. */
export interface Paged {
  readonly page: readonly unknown[];
  readonly total: number;
}

export function paged(all: readonly unknown[], start: number, limit: number): Paged {
  return { page: all.slice(start, limit > 0 ? start + limit : undefined), total: all.length };
}

export function isPaged(value: unknown): value is Paged {
  return typeof value === 'object' && value !== null && 'page' in value && 'total' in value;
}

/** An answer that takes a while, in simulated time, though everything is done at once. */
export interface Delayed {
  readonly delayMs: number;
  readonly data: unknown;
}

export function isDelayed(value: unknown): value is Delayed {
  return typeof value === 'object' && value !== null && 'delayMs' in value && 'data' in value;
}
