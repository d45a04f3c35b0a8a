import type { ErrorCode } from '../lib/errors.ts';

/** Told of what is sent to the endpoints of a cluster, from the client's beginning to its end. */
export interface ProxmoxClientObserver {
  opened(endpoints: readonly string[]): void;
  requestEnded(request: EndedRequest): void;
  closed(endpoints: readonly string[]): void;
}

export interface EndedRequest {
  readonly endpoint: string;
  readonly method: 'GET' | 'POST';
  /** Undefined when PVE answered as asked. */
  readonly failure: ErrorCode | undefined;
  readonly milliseconds: number;
}

/** Everything that can be wrong with an answer, or with the way to it. */
export const REQUEST_FAILURES: readonly ErrorCode[] = [
  'Unreachable',
  'CertificateUntrusted',
  'Unauthorized',
  'Forbidden',
  'InvalidRequest',
  'ServerError',
  'NotImplemented',
  'NodeUnreachable',
  'UnexpectedAnswer',
];
