/** Shows who we are with each request (docs/proxmox-api.md §2). */
export interface Authentication {
  /** Something to go in with. Throws an `OperatorError` when there is none to be had. */
  pass(signal: AbortSignal): Promise<Pass>;
  /** A pass that was refused is not used again. True when another can be had. */
  discard(pass: Pass): boolean;
  /** As UPIDs carry it: `user@realm` or `user@realm!token`. */
  readonly user: string;
}

/** The headers of a request. */
export interface Pass {
  readonly read: Readonly<Record<string, string>>;
  readonly write: Readonly<Record<string, string>>;
}

/** The simple way: no login, nothing that expires while we look. */
export function createTokenAuthentication(token: {
  readonly id: string;
  readonly secret: string;
}): Authentication {
  const headers = { authorization: `PVEAPIToken=${token.id}=${token.secret}` };
  const pass: Pass = { read: headers, write: headers };
  return { pass: async () => pass, discard: () => false, user: token.id };
}
