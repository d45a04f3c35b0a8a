/**
 * The read side of the Proxmox API: the HTTP client implements it, and so does a recorded snapshot.
 * Everything that only looks at a cluster is written against this port.
 */
export interface ProxmoxReader {
  /**
   * Throws an `OperatorError` when there is no usable answer.
   *
   * @param path Below `/api2/json`, beginning with a slash, its parts URL-encoded (see `apiPath`).
   */
  get(path: string, query?: Query, signal?: AbortSignal): Promise<ProxmoxAnswer>;
}

export type Query = Readonly<Record<string, string | number>>;

export interface ProxmoxAnswer {
  /** The `data` part of the answer, not validated. */
  readonly data: unknown;
  /** Length of the whole list where PVE pages it. */
  readonly total?: number;
  /** `Date` header of the answer, milliseconds since the epoch; of a snapshot, when it was taken. */
  readonly proxmoxTime: number;
}

/** A path of the API; every part is encoded, since guests and tasks carry foreign names. */
export function apiPath(...parts: readonly (string | number)[]): string {
  return parts.map((part) => `/${encodeURIComponent(part)}`).join('');
}

/** The node that a path is about, which other nodes pass the call on to; undefined where the endpoint answers itself. */
export function nodeOfPath(path: string): string | undefined {
  const node = /^\/nodes\/([^/]+)/.exec(path)?.[1];
  return node === 'localhost' ? undefined : node;
}
