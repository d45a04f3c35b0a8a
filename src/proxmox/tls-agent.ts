import { Agent } from 'node:https';
import { TLSSocket } from 'node:tls';

/** How the other side shows that it is what it claims to be. */
export interface TlsTrust {
  /** PEM bundle. When given, these CAs are trusted and no others: a cluster's own CA needs no company. */
  readonly caCertificates?: string | undefined;
  /**
   * SHA-256, upper-case hex with colons. When given, the certificate must be one of these; chain, name and dates are then
   * verified only if there are `caCertificates` too.
   */
  readonly fingerprints?: readonly string[] | undefined;
  /** Takes any certificate, as long as neither of the others is given. */
  readonly insecureSkipVerify?: boolean | undefined;
}

export interface TlsAgents {
  /** Keeps connections for the next request. */
  readonly kept: Agent;
  /** A connection for each request. */
  readonly single: Agent;
}

/** PVE answers this many requests on a connection (docs/proxmox-api.md §1.8). */
const REQUESTS_PER_CONNECTION = 100;

/** @param idleSocketMs After which an unused connection is dropped. */
export function createTlsAgents({ fingerprints = [] }: TlsTrust, idleSocketMs: number): TlsAgents {
  const pins = new Set(fingerprints.map((fingerprint) => fingerprint.toUpperCase()));
  // A resumed session shows no certificate to hold against a pin.
  const common = { maxCachedSessions: 0 };
  // `timeout` concerns idle sockets only; PVE closes them after 5 s without a word.
  const kept = pinned(new Agent({ ...common, keepAlive: true, timeout: idleSocketMs }), pins);
  const single = pinned(new Agent({ ...common, keepAlive: false }), pins);
  return { kept: bounded(kept), single };
}

/** Whether certificates are verified against CAs, for their names and dates. */
export function verifiesChain({ caCertificates, fingerprints = [], insecureSkipVerify }: TlsTrust): boolean {
  return caCertificates !== undefined || (fingerprints.length === 0 && insecureSkipVerify !== true);
}

/** Whether the other side could be anyone. */
export function isUnverified(trust: TlsTrust): boolean {
  return !verifiesChain(trust) && (trust.fingerprints ?? []).length === 0;
}

/** The `cause` chain of an HTTP error ends with this when a certificate is none of the pinned ones. */
export class FingerprintError extends Error {
  override readonly name = 'FingerprintError';
  readonly code = 'FINGERPRINT_MISMATCH';
  /** Of the certificate that was shown. */
  readonly fingerprint: string;

  constructor(fingerprint: string) {
    super('the certificate is none of the pinned ones');
    this.fingerprint = fingerprint;
  }
}

// Requests wait for `secureConnect` until they are written, and a socket destroyed in it writes nothing.
function pinned(agent: Agent, pins: ReadonlySet<string>): Agent {
  if (pins.size === 0) return agent;
  const createConnection = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    const socket = createConnection(options, callback);
    if (!(socket instanceof TLSSocket)) throw new Error('a pinned connection has to be a TLS socket');
    socket.once('secureConnect', () => {
      // Absent, against its type, when the other side shows none.
      const shown: string | undefined = socket.getPeerCertificate().fingerprint256;
      if (shown === undefined || !pins.has(shown)) socket.destroy(new FingerprintError(shown ?? 'none'));
    });
    return socket;
  };
  return agent;
}

function bounded(agent: Agent): Agent {
  const uses = new WeakMap<object, number>();
  const keepSocketAlive = agent.keepSocketAlive.bind(agent);
  agent.keepSocketAlive = (socket) => {
    const used = (uses.get(socket) ?? 0) + 1;
    uses.set(socket, used);
    const keep: unknown = keepSocketAlive(socket);
    return used < REQUESTS_PER_CONNECTION && keep !== false;
  };
  return agent;
}
