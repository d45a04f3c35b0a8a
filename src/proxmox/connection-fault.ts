import { TimeoutError } from 'got';
import { OperatorError } from '../lib/errors.ts';

/** Why there is no answer. */
export interface ConnectionFault {
  /** Nothing of the request can have reached the other side. */
  readonly neverConnected: boolean;
  readonly error: OperatorError;
}

const UNTRUSTED: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'it has expired',
  CERT_NOT_YET_VALID: 'it is not valid yet',
  CERT_REVOKED: 'it was revoked',
  ERR_TLS_CERT_ALTNAME_INVALID: 'it was issued for other names',
  HOSTNAME_MISMATCH: 'it was issued for other names',
  CERT_SIGNATURE_FAILURE: 'its signature is wrong',
};

const UNSIGNED = [
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_CHAIN_TOO_LONG',
  'CERT_UNTRUSTED',
  'CERT_REJECTED',
  'INVALID_CA',
  'INVALID_PURPOSE',
];

const UNREACHABLE: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ENOTFOUND: 'its name does not resolve',
  EAI_AGAIN: 'its name does not resolve at the moment',
  EHOSTUNREACH: 'there is no route to the host',
  ENETUNREACH: 'there is no route to its network',
  ECONNRESET: 'the connection was closed before the answer was complete',
  EPIPE: 'the connection was closed before the answer was complete',
  ETIMEDOUT: 'there was no answer in time',
  EPROTO: 'it does not speak TLS as expected',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS',
};

/** These come only from resolving a name and from opening a connection. */
const BEFORE_CONNECTION = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'];

/**
 * Sorts an error of the HTTP library. Nothing of it is kept as a cause: it carries the request's headers, and so the
 * token.
 */
export function connectionFaultOf(error: unknown, endpoint: string): ConnectionFault {
  const code = codeOf(error);
  const untrusted = untrustedReason(code);
  if (untrusted !== undefined) {
    const what =
      `The certificate of ${endpoint} is not trusted: ${untrusted} (${code}). ` +
      (untrusted.includes('other names')
        ? 'Use a name or address in spec.endpoints that the certificate contains.'
        : "Name the cluster's CA (/etc/pve/pve-root-ca.pem) in spec.tls.caRef, and check the node's certificate.");
    // TLS ends before the first byte of the request.
    return { neverConnected: true, error: new OperatorError('CertificateUntrusted', what) };
  }
  const what = UNREACHABLE[code] ?? 'the connection failed';
  return {
    neverConnected: isBeforeConnection(error, code),
    error: new OperatorError(
      'Unreachable',
      `${endpoint} cannot be reached: ${what} (${code}). Check the endpoint, the network and that pveproxy runs.`,
    ),
  };
}

function untrustedReason(code: string): string | undefined {
  if (UNSIGNED.includes(code)) return 'it is not signed by a CA that is trusted here';
  const known = UNTRUSTED[code];
  if (known !== undefined) return known;
  return code.startsWith('CERT_') ? 'it was refused' : undefined;
}

function isBeforeConnection(error: unknown, code: string): boolean {
  if (error instanceof TimeoutError) return error.event === 'lookup' || error.event === 'connect';
  if (BEFORE_CONNECTION.includes(code)) return true;
  // An established connection can end with EHOSTUNREACH as well, so only the failing call tells.
  const roots = rootsOf(error);
  return roots.length > 0 && roots.every((root) => Object(root).syscall === 'connect');
}

/** The errors of the system at the bottom; with several addresses Node tries each and collects what happened. */
function rootsOf(error: unknown): readonly unknown[] {
  const { cause, errors } = Object(error);
  if (Array.isArray(errors)) return errors.flatMap(rootsOf);
  return cause === undefined ? [error] : rootsOf(cause);
}

/** The first code that says more than that a request failed. A code is a constant of Node or OpenSSL, never foreign text. */
function codeOf(error: unknown): string {
  const { code, cause } = Object(error);
  if (typeof code === 'string' && /^[A-Z0-9_]{1,60}$/.test(code) && !code.startsWith('ERR_GOT')) return code;
  return cause === undefined ? 'unknown' : codeOf(cause);
}
