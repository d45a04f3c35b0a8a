import { TimeoutError } from 'got';
import { OperatorError } from '../lib/errors.ts';
import { nodeOfPath } from './reader.ts';
import { FingerprintError } from './tls-agent.ts';

/** Why there is no answer. */
export interface ConnectionFault {
  /** Nothing of the request can have reached the other side. */
  readonly neverConnected: boolean;
  /** Another endpoint may do better; false when the answer itself was the trouble, or the node that was asked about. */
  readonly endpointFails: boolean;
  readonly error: OperatorError;
}

interface FailedRequest {
  readonly endpoint: string;
  readonly method: string;
  readonly path: string;
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
  EAI_FAIL: 'its name does not resolve',
  Z_BUF_ERROR: 'the connection was closed before the answer was complete',
  ECONNABORTED: 'the connection was closed before the answer was complete',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'it speaks no TLS of version 1.2 or newer',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'it speaks no TLS of version 1.2 or newer',
  EPROTO: 'it does not speak TLS as expected',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS',
};

/** Of Node's HTTP parser, and of its decompression by gzip, Brotli and Zstandard. */
const BROKEN_ANSWER = /^(HPE_|Z_(?!BUF_ERROR)|ERR__ERROR_|ZSTD_)/;

/** These come only from resolving a name and from opening a connection. */
const BEFORE_CONNECTION = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'];

const TIMEOUTS: Readonly<Record<string, string>> = {
  lookup: 'its name did not resolve in time',
  connect: 'no connection was made in time',
  secureConnect: 'TLS was not agreed upon in time',
};

/**
 * Sorts an error of the HTTP library. Nothing of it is kept as a cause: it carries the request's headers, and so the
 * credentials.
 */
export function connectionFaultOf(error: unknown, request: FailedRequest): ConnectionFault {
  const { endpoint, method, path } = request;
  const code = codeOf(error);
  const untrusted = untrustedMessage(error, code, endpoint);
  if (untrusted !== undefined) {
    // TLS ends before the first byte of the request.
    return {
      neverConnected: true,
      endpointFails: true,
      error: new OperatorError('CertificateUntrusted', untrusted),
    };
  }
  if (BROKEN_ANSWER.test(code)) {
    const what = code.startsWith('HPE_') ? 'is not HTTP as Proxmox VE speaks it' : 'cannot be decompressed';
    return answerFault(
      new OperatorError(
        'UnexpectedAnswer',
        `The answer of ${endpoint} to ${method} ${path} ${what} (${code}).`,
      ),
    );
  }
  const node = nodeOfPath(path);
  if (node !== undefined && isAnswerTimeout(error)) {
    // PVE passes the call on to that node, so this says nothing about the endpoint.
    return answerFault(
      new OperatorError(
        'NodeUnreachable',
        `${endpoint} did not answer ${method} ${path} in time. Check whether node ${node} hangs; an answer may take 30 seconds.`,
      ),
    );
  }
  const what =
    (error instanceof TimeoutError ? TIMEOUTS[error.event] : undefined) ??
    UNREACHABLE[code] ??
    'the connection failed';
  return {
    neverConnected: isBeforeConnection(error, code),
    endpointFails: true,
    error: new OperatorError(
      'Unreachable',
      `${endpoint} cannot be reached: ${what} (${code}). Check the endpoint, the network and that pveproxy runs.`,
    ),
  };
}

/** Something came, or was to come, but it is of no use. */
export function answerFault(error: OperatorError): ConnectionFault {
  return { neverConnected: false, endpointFails: false, error };
}

/** Got's phases after the connection was made. */
function isAnswerTimeout(error: unknown): boolean {
  return error instanceof TimeoutError && ['send', 'response', 'request'].includes(error.event);
}

function untrustedMessage(error: unknown, code: string, endpoint: string): string | undefined {
  const pinned = rootsOf(error).find((root) => root instanceof FingerprintError);
  if (pinned instanceof FingerprintError) {
    return (
      `The certificate of ${endpoint} has the SHA-256 fingerprint ${pinned.fingerprint}, which spec.tls.fingerprints does not list. ` +
      'If `pvenode cert info` on that node shows the same one, it was renewed: add it there.'
    );
  }
  const reason = untrustedReason(code);
  if (reason === undefined) return undefined;
  const advice = reason.includes('other names')
    ? 'Use a name or address in spec.endpoints that the certificate contains.'
    : "Name the cluster's CA (/etc/pve/pve-root-ca.pem) in spec.tls.caRef, and check the node's certificate.";
  return `The certificate of ${endpoint} is not trusted: ${reason} (${code}). ${advice}`;
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

/**
 * The first code that says more than that a request failed. A code is a constant of Node, zlib or OpenSSL, never foreign
 * text.
 */
function codeOf(error: unknown): string {
  const { code, cause } = Object(error);
  const known = typeof code === 'string' && /^[A-Za-z0-9_]{1,60}$/.test(code) ? code : undefined;
  const tells = known !== undefined && !/^ERR_(GOT|READING_RESPONSE_STREAM)/.test(known);
  if (tells || cause === undefined) return known ?? 'unknown';
  return codeOf(cause);
}
